import { constants, existsSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join, relative } from "node:path";
import type { JobPaths } from "../executor/variables.ts";

/** A directory of the project; `at` names what is in it, wherever the directory is moved meanwhile. */
export type OpenDirectory = {
  readonly handle: FileHandle;
  readonly at: (name: string) => string;
};

/**
 * The directories of a job's project, reached without following a link: the job and its services can put
 * links anywhere, at any time, and this program may write where they may not. One call at a time; an opened
 * directory is good until the next call.
 */
export type ProjectFiles = {
  /** Rejects with ENOENT, or `LinkInTheWay` where a part of the path is no directory. */
  readonly open: (path: string) => Promise<OpenDirectory>;
  /** As `open`, and makes what is missing. */
  readonly make: (path: string) => Promise<OpenDirectory>;
  readonly close: () => Promise<void>;
};

/** Part of a path is a link or a file where a directory belongs. */
export class LinkInTheWay extends Error {
  override readonly name = "LinkInTheWay";
}

/** Linux's way to name what an open directory holds; elsewhere plain paths have to do. */
const byDescriptor = existsSync("/proc/self/fd");

type Level = OpenDirectory & { readonly name: string };

export function projectFiles(paths: Pick<JobPaths, "builds" | "project">): ProjectFiles {
  const project = relative(paths.builds, paths.project).split("/");
  const levels: Level[] = [];

  async function reach(path: string, make: boolean): Promise<OpenDirectory> {
    const parts = ["", ...project, ...path.split("/").filter((part) => part !== "")];
    const common = parts.findIndex((part, index) => levels[index]?.name !== part);
    await closeFrom(common === -1 ? parts.length : common);
    for (const name of parts.slice(levels.length)) {
      levels.push(await descend(levels.at(-1), name, make));
    }
    const reached = levels.at(-1);
    if (reached === undefined) throw new Error("A project has a directory.");
    return reached;
  }

  async function descend(from: Level | undefined, name: string, make: boolean): Promise<Level> {
    const path = from === undefined ? paths.builds : from.at(name);
    if (make && from !== undefined) await mkdir(path).catch(unless("EEXIST"));
    // The builds directory itself is this program's own, and may be reached by a link.
    const noFollow = from === undefined ? 0 : constants.O_NOFOLLOW;
    try {
      const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | noFollow);
      const base = byDescriptor ? `/proc/self/fd/${handle.fd}` : path;
      return { name, handle, at: (child) => join(base, child) };
    } catch (error) {
      if (codeOf(error) !== "ENOTDIR" && codeOf(error) !== "ELOOP") throw error;
      throw new LinkInTheWay(`${name} is a link or a file where a directory is needed`);
    }
  }

  async function closeFrom(length: number): Promise<void> {
    for (const level of levels.splice(length)) await level.handle.close();
  }

  return {
    open: (path) => reach(path, false),
    make: (path) => reach(path, true),
    close: () => closeFrom(0),
  };
}

/** The error code of a system call's failure. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/** For `catch`: passes over failures with this code. */
export function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (codeOf(error) !== code) throw error;
  };
}

export function parentOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at === -1 ? "" : path.slice(0, at);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
