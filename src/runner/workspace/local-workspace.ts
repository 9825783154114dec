import { createWriteStream } from "node:fs";
import { chmod, open, rm, stat } from "node:fs/promises";
import { packFiles, unpackFiles } from "../archive/pack.ts";
import type { JobPaths } from "../executor/variables.ts";
import type { PackRequest, Workspace } from "../executor/workspace.ts";
import { checkOut } from "../sources/checkout.ts";
import {
  emptyDirectory,
  makeProjectDirectory,
  openToAll,
  writeVariableFiles,
} from "../sources/project-directory.ts";
import { trackedFiles } from "../sources/tracked-files.ts";
import type { Log } from "../trace/trace.ts";

/** Answers what git tracks, asked once for a job: before its script, whose settings for git would be obeyed later. */
export type TrackedFiles = (
  of: NonNullable<PackRequest["untracked"]>,
  log: Log,
  signal: AbortSignal,
) => Promise<ReadonlySet<string> | undefined>;

export function rememberTracked(paths: JobPaths): TrackedFiles {
  let known: Promise<ReadonlySet<string> | undefined> | undefined;
  return (of, log, signal) => {
    known ??= trackedFiles(paths, of, log, signal);
    return known;
  };
}

/** Makes the directories of a container's job; `shared`: others that every user writes to. */
export async function prepareShared(
  paths: JobPaths,
  files: Parameters<typeof writeVariableFiles>[1],
  shared: readonly string[],
): Promise<void> {
  await makeProjectDirectory(paths);
  await openToAll(paths);
  for (const path of shared) await chmod(path, 0o777);
  // Any user of a job's image can read them.
  await writeVariableFiles(paths, files, 0o644);
}

/** For jobs that have the runner's own rights (`shell`): everything is done by this very process. */
export function localWorkspace(paths: JobPaths): Workspace {
  const tracked = rememberTracked(paths);
  return {
    prepare: async (files) => {
      await makeProjectDirectory(paths);
      await writeVariableFiles(paths, files, 0o600);
    },
    getSources: async (request, log, signal) => {
      await checkOut(paths, request, log, signal);
      const { sha, options, wantsTracked } = request;
      if (wantsTracked) await tracked({ sha, strategy: options.strategy }, log, signal);
    },
    unpack: async (archive, signal) => {
      const handle = await open(archive, "r");
      try {
        return await unpackFiles(paths, handle.fd, signal);
      } finally {
        await handle.close();
      }
    },
    pack: async (request, target, log, signal) => {
      const of = request.untracked && (await tracked(request.untracked, log, signal));
      const create = () => createWriteStream(target, { flags: "wx", mode: 0o600 });
      const count = await packFiles(paths, request, of, create, log, signal);
      return count === 0 ? undefined : (await stat(target)).size;
    },
    rest: () => undefined,
    discard: () => emptyDirectory(paths.project).catch(() => undefined),
    close: () => rm(paths.files, { recursive: true, force: true }).catch(() => undefined),
  };
}
