// Plain JavaScript: it runs before anything can run TypeScript.
import { readFileSync, statSync } from "node:fs";

/**
 * What a bundle was made of. All paths are relative to the package.
 * @typedef {object} Note
 * @property {Readonly<Record<string, string>>} signatures of its sources and of the files to start
 * @property {Readonly<Record<string, string>>} entries the file to start, by the entry's name
 * @property {readonly string[]} files all that the bundle consists of
 */

/**
 * The note of a bundle that is there and none of whose sources has changed since it was made.
 * @param {string} root directory of the package
 * @param {string} noteFile
 * @returns {Note | undefined}
 */
export function readFreshNote(root, noteFile) {
  try {
    const note = readNote(noteFile);
    for (const path in note.signatures) {
      if (note.signatures[path] !== signatureOf(`${root}/${path}`)) return undefined;
    }
    return note;
  } catch {
    return undefined;
  }
}

/**
 * Throws where there is none.
 * @param {string} noteFile
 * @returns {Note}
 */
export function readNote(noteFile) {
  return JSON.parse(readFileSync(noteFile, "utf8"));
}

/**
 * Changes whenever a file is written.
 * @param {string} path
 * @returns {string}
 */
export function signatureOf(path) {
  const { mtimeMs, size } = statSync(path);
  return `${mtimeMs} ${size}`;
}
