import { chmod, mkdir, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { JobPaths, VariableFile } from "../executor/variables.ts";

/**
 * Makes a job's directory. What an earlier job or a hook put in its way (a link that leads out of the builds
 * directory, a file where a directory belongs) is removed.
 */
export async function makeProjectDirectory(paths: JobPaths): Promise<void> {
  await mkdir(paths.builds, { recursive: true });
  const below = relative(paths.builds, paths.project);
  const expected = join(await realpath(paths.builds), below);
  const made = mkdir(paths.project, { recursive: true }).then(() => realpath(paths.project));
  if ((await made.catch(() => undefined)) === expected) return;
  const first = below.split("/")[0] ?? "";
  await rm(join(paths.builds, first), { recursive: true, force: true });
  await mkdir(paths.project, { recursive: true });
}

/** Makes the files of a job's variables anew. */
export async function writeVariableFiles(
  paths: JobPaths,
  files: readonly VariableFile[],
  mode: number,
): Promise<void> {
  await rm(paths.files, { recursive: true, force: true });
  if (files.length === 0) return;
  await mkdir(paths.files, { recursive: true, mode: 0o755 });
  for (const file of files) {
    const path = join(paths.files, file.name);
    await writeFile(path, file.content, { flag: "wx", mode });
    await chmod(path, mode);
  }
}

/** Empties instead of removing: a container may already stand in the directory. */
export async function emptyDirectory(directory: string): Promise<void> {
  const names = await readdir(directory);
  await Promise.all(
    names.map((name) => rm(join(directory, name), { recursive: true, force: true })),
  );
}

/** Whoever a container runs as writes to these, with whatever umask they were made. */
export async function openToAll(paths: JobPaths): Promise<void> {
  let path = paths.builds;
  await chmod(path, 0o777);
  for (const part of relative(paths.builds, paths.project).split("/")) {
    path = join(path, part);
    await chmod(path, 0o777);
  }
}
