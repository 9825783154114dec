// Plain JavaScript: it runs before anything can run TypeScript.

/**
 * What is started from bundles. A bundle is checked before each start against all that it was made of, so that the
 * commands that people and editors call all the time have small ones. With `splitting`, each command loads what it
 * needs when it needs it. A process that lives for weeks is one file: parts that it would load late may be gone by then.
 */
export const programs = {
  client: { entries: { main: "cli/client-main.ts" }, splitting: false },
  author: { entries: { main: "cli/author-main.ts" }, splitting: false },
  service: { entries: { main: "cli/service-main.ts" }, splitting: false },
  "command-line": {
    entries: { main: "cli/main.ts", setup: "local/setup/main.ts" },
    splitting: true,
  },
};

/** @typedef {keyof typeof programs} ProgramName */

const clientCommands = new Set([
  "--version",
  "approve",
  "artifacts",
  "cancel",
  "cost",
  "deliveries",
  "logs",
  "pipelines",
  "play",
  "redeliver",
  "retry",
  "status",
  "sync",
]);
const authorCommands = new Set(["compile", "lint", "simulate"]);

/**
 * The program that runs a command; the whole command line where no smaller one knows it.
 * @param {readonly string[]} args of the command line
 * @returns {ProgramName}
 */
export function programFor([command = "", ...options]) {
  if (clientCommands.has(command)) return "client";
  if (authorCommands.has(command)) return "author";
  return command === "up" && !options.includes("--detach") ? "service" : "command-line";
}

/**
 * The note beside a program's bundle, relative to the package.
 * @param {ProgramName} name
 */
export function noteFileOf(name) {
  return `dist/${name}/note.json`;
}
