import { posix } from "node:path";
import { compileGlob, type Glob, isGlob } from "#language/condition/glob.ts";

/**
 * A pattern of `artifacts:paths`, `exclude` or `cache:paths`, relative to the project. GitLab Docs,
 * "artifacts:paths": doublestar patterns; a directory that matches stands for all that is in it.
 */
export type PathPattern = {
  readonly written: string;
  /** The directory below which matches can lie, or the very path where nothing in it is special. */
  readonly start: string;
  /** Undefined: `start` is the only match. */
  readonly matches: Glob | undefined;
  /** Levels below `start` at which matches can lie; `Infinity` with `**`. */
  readonly depth: number;
};

export function compilePathPattern(
  written: string,
  projectDirectory: string,
): PathPattern | { readonly problem: string } {
  if (written === "") return { problem: "an empty path is ignored" };
  if (written.includes("\0")) return { problem: "a path with a NUL character is ignored" };
  const path = posix.relative(projectDirectory, posix.resolve(projectDirectory, written));
  if (path === ".." || path.startsWith("../")) {
    return { problem: `${written}: is not inside the project directory (${projectDirectory})` };
  }
  if (!isGlob(path)) return { written, start: path, matches: undefined, depth: 0 };
  const levels = path.split("/");
  const special = levels.findIndex((level) => isGlob(level));
  const start = levels.slice(0, special).join("/");
  const glob = compileGlob(path.replace(/(^|\/)\*\*$/, "$1**/*"));
  if (!glob.ok) return { problem: glob.message };
  const anyDepth = levels.some((level) => level.includes("**")) || /\{[^{}]*\//.test(path);
  return {
    written,
    start,
    matches: glob.matches,
    depth: anyDepth ? Number.POSITIVE_INFINITY : levels.length - special,
  };
}
