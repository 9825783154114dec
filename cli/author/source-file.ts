import { existsSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { CliError, exitCodes } from "../failure.ts";
import { readBounded } from "./bounded-text.ts";

const usualName = ".gitlab-ci.yml";

/** A configuration that an author named, and the project that it belongs to. */
export type SourceFile = {
  readonly text: string;
  /** Path in the project, as the service would name it in diagnostics. */
  readonly name: string;
  /** Directory that local includes, `exists` and `changes` start from. */
  readonly root: string;
};

/**
 * Reads FILE or standard input (`-`). The project's directory is the one given, else that of a file with
 * the usual name, else the top of the surrounding repository, else the file's own.
 */
export async function readSourceFile(file: string, givenRoot?: string): Promise<SourceFile> {
  const path = file === "-" ? resolve(usualName) : resolve(file);
  const root = givenRoot === undefined ? rootOf(path) : resolve(givenRoot);
  const inside = relative(root, path);
  const isOutside = inside === ".." || inside.startsWith(`..${sep}`);
  const name = isOutside ? basename(path) : inside.split(sep).join("/");
  return { text: await textOf(file), name, root };
}

function rootOf(path: string): string {
  const directory = dirname(path);
  if (basename(path) === usualName) return directory;
  return repositoryAbove(directory) ?? directory;
}

/** The nearest directory at or above this one that holds `.git`. */
export function repositoryAbove(directory: string): string | undefined {
  for (let here = directory; ; here = dirname(here)) {
    if (existsSync(join(here, ".git"))) return here;
    if (here === dirname(here)) return undefined;
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readBounded(file);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" && file === usualName) {
      const message = `There is no ${usualName} in ${process.cwd()}. Name the file, or go to the project's directory.`;
      throw new CliError(message, exitCodes.absent, { cause });
    }
    const why =
      code === "ENOENT"
        ? "it does not exist"
        : code === "EISDIR"
          ? "it is a directory"
          : String(code);
    throw new CliError(`${file} cannot be read: ${why}.`, exitCodes.absent, { cause });
  }
}
