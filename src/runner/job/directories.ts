import { chmod, mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { JobPaths, VariableFile } from "../executor/variables.ts";

/**
 * Makes a job's directories. What an earlier job put in their way (a link that leads out of the builds
 * directory, a file where a directory belongs) is removed.
 */
export async function makeJobDirectories(
  paths: JobPaths,
  own: string,
  files: readonly VariableFile[],
  fileMode: number,
): Promise<void> {
  await rm(own, { recursive: true, force: true });
  await mkdir(own, { recursive: true, mode: 0o700 });
  await mkdir(paths.buildsOutside, { recursive: true });
  const first = relative(paths.buildsOutside, paths.projectOutside).split("/")[0] ?? "";
  const expected = join(
    await realpath(paths.buildsOutside),
    relative(paths.buildsOutside, paths.projectOutside),
  );
  const made = mkdir(paths.projectOutside, { recursive: true }).then(() =>
    realpath(paths.projectOutside),
  );
  if ((await made.catch(() => undefined)) !== expected) {
    await rm(join(paths.buildsOutside, first), { recursive: true, force: true });
    await mkdir(paths.projectOutside, { recursive: true });
  }
  await rm(paths.filesOutside, { recursive: true, force: true });
  if (files.length === 0) return;
  await mkdir(paths.filesOutside, { recursive: true, mode: 0o755 });
  for (const file of files) {
    const path = join(paths.filesOutside, file.name);
    await writeFile(path, file.content, { flag: "wx", mode: fileMode });
    await chmod(path, fileMode);
  }
}

/** Removes all of a job's directories but the checkout, which a next job may use again. */
export async function removeJobDirectories(paths: JobPaths, own: string): Promise<void> {
  for (const path of [own, paths.filesOutside]) {
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
