import type { Writable } from "node:stream";
import type { JobPaths } from "../executor/variables.ts";
import type { PackRequest } from "../executor/workspace.ts";
import type { Log } from "../trace/trace.ts";
import { findFiles } from "./find-files.ts";
import { projectFiles } from "./project-files.ts";
import { readZip } from "./zip-read.ts";
import { writeGzip, writeZip } from "./zip-write.ts";

/** Packs files of the project and gives how many; where none is found, `open` is not called. */
export async function packFiles(
  paths: JobPaths,
  request: Omit<PackRequest, "untracked">,
  tracked: ReadonlySet<string> | undefined,
  open: () => Writable,
  log: Log,
  signal: AbortSignal,
): Promise<number> {
  const files = projectFiles(paths);
  try {
    const wanted = { paths: request.paths, exclude: request.exclude, tracked };
    const found = await findFiles(files, paths.project, wanted, log);
    const isZip = request.format === "zip";
    const archived = isZip ? found : found.filter(({ kind }) => kind === "file");
    if (archived.length === 0) return 0;
    const write = isZip ? writeZip : writeGzip;
    await write({
      files,
      found: archived,
      output: open(),
      level: request.level,
      signal,
      skipped: (path) => log.warning(`${path}: cannot be read and is left out`),
    });
    return archived.length;
  } finally {
    await files.close();
  }
}

/** Unpacks an archive, given as the descriptor of a file, into the project; gives the number of entries. */
export async function unpackFiles(
  paths: JobPaths,
  archive: number,
  signal: AbortSignal,
): Promise<number> {
  const files = projectFiles(paths);
  try {
    return await readZip(files, archive, signal);
  } finally {
    await files.close();
  }
}
