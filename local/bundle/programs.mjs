// Plain JavaScript: it runs before anything can run TypeScript.

/**
 * What is started from bundles. With `splitting`, each command loads what it needs when it needs it. A process that
 * lives for weeks is one file, since parts that it would load late may be gone by then.
 */
export const programs = {
  "command-line": {
    entries: { main: "cli/main.ts", setup: "local/setup/main.ts" },
    splitting: true,
  },
  service: { entries: { main: "cli/service-main.ts" }, splitting: false },
};

/** @typedef {keyof typeof programs} ProgramName */

/**
 * The note beside a program's bundle, relative to the package.
 * @param {ProgramName} name
 */
export function noteFileOf(name) {
  return `dist/${name}/note.json`;
}
