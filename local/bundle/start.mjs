// Plain JavaScript: it runs before anything can run TypeScript.
import module from "node:module";
import { fileURLToPath } from "node:url";
import { readFreshNote } from "./note.mjs";
import { noteFileOf, programs } from "./programs.mjs";

const home = new URL("../..", import.meta.url);
const root = fileURLToPath(home);

/**
 * Runs a program in this process: from its bundle, which is made anew when a source has changed, and from its sources
 * where no bundle can be made.
 * @template {import("./programs.mjs").ProgramName} Name
 * @param {Name} name
 * @param {keyof typeof programs[Name]["entries"] & string} entry
 */
export async function startProgram(name, entry) {
  const fresh = readFreshNote(root, `${root}${noteFileOf(name)}`);
  if (fresh?.entries[entry] !== undefined) return load(fresh.entries[entry]);
  const { register } = await import("tsx/esm/api");
  register();
  const bundle = await remake(name);
  /** @type {Record<string, string>} */
  const sources = programs[name].entries;
  const file = bundle?.entries[entry] ?? sources[entry];
  if (file === undefined) throw new Error(`${name} has no entry ${entry}`);
  return load(file);
}

/** @param {string} file relative to the package */
async function load(file) {
  // Stack traces name our source files.
  process.setSourceMapsEnabled(true);
  // Only newer versions of Node have it.
  module.enableCompileCache?.(`${root}dist/compile-cache`);
  await import(new URL(file, home).href);
}

/** @param {import("./programs.mjs").ProgramName} name */
async function remake(name) {
  try {
    const { makeBundle } = await import("./make-bundle.ts");
    return await makeBundle(name);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    console.error(
      `slipway: runs from its sources, which is slower, because no bundle could be made: ${why}`,
    );
    return undefined;
  }
}
