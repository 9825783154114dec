import { lstat, readdir, readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { run } from "../command.ts";
import { SetupProblem } from "../problem.ts";
import { findProgram } from "../programs.ts";
import type { LayerEntry } from "./layer.ts";

/**
 * Files of this machine as entries of an image, at the same paths: programs, whole directories, and
 * every library that they are linked with. Symbolic links stay links; what they lead to comes along.
 */
export async function collectFiles(paths: readonly string[]): Promise<LayerEntry[]> {
  const entries = new Map<string, LayerEntry>();
  const executables = new Set<string>();
  const add = async (given: string): Promise<void> => {
    const path = join(await realpath(dirname(given)), basename(given));
    const key = path.slice(1);
    if (entries.has(key)) {
      return;
    }
    const found = await lstat(path);
    if (found.isSymbolicLink()) {
      const target = await readlink(path);
      entries.set(key, { path: key, kind: "link", target });
      await add(resolve(dirname(path), target));
    } else if (found.isDirectory()) {
      entries.set(key, { path: key, kind: "directory", mode: found.mode & 0o7777 });
      for (const name of await readdir(path)) {
        await add(join(path, name));
      }
    } else if (found.isFile()) {
      entries.set(key, { path: key, kind: "file", mode: found.mode & 0o7777, source: path });
      if (found.mode & 0o111 || path.endsWith(".so")) {
        executables.add(path);
      }
    }
  };
  for (const path of paths) {
    await add(path);
  }
  for (const library of await librariesOf([...executables])) {
    await add(library);
  }
  return [...entries.values()];
}

/** What these programs are linked with, the loader included; scripts and static programs add nothing. */
export async function librariesOf(programs: readonly string[]): Promise<string[]> {
  if (programs.length === 0) {
    return [];
  }
  // ldd reports failure when one of the files is a script or static; the others are listed all the same.
  const { stdout } = await run("ldd", programs, { env: { LC_ALL: "C" } });
  const libraries = new Set<string>();
  for (const line of stdout.split("\n")) {
    const path = /^\s+(?:\S+ => )?(\/\S+) \(0x/.exec(line)?.[1];
    if (path) {
      libraries.add(path);
    }
  }
  return [...libraries].sort();
}

/** The paths of programs that must be there. */
export async function requirePrograms(names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    const path = await findProgram(name);
    if (!path) {
      throw new SetupProblem(
        `An image is to be made from this machine's own files, but there is no \`${name}\`.`,
        "apt-get install docker.io git iptables busybox-static bash openssl",
      );
    }
    found.push(path);
  }
  return found;
}

/** One line a file that changes when the file does; absent files count too. */
export async function fingerprint(paths: readonly string[]): Promise<string> {
  const lines = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      return found ? `${path} ${found.size} ${found.mtimeMs}` : `${path} absent`;
    }),
  );
  return lines.join("\n");
}
