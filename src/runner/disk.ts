import { statfs } from "node:fs/promises";

/** More than the service's reserve of 16 MiB, which it gives up as soon as a job has filled its disk. */
const LEAST_BYTES = 24 * 1024 * 1024;

/** Returns the first directory whose file system is full. A directory that does not exist is not full. */
export async function fullDisk(directories: readonly string[]): Promise<string | undefined> {
  for (const directory of directories) {
    const usage = await statfs(directory).catch(() => undefined);
    if (usage === undefined || usage.blocks === 0) continue;
    // On a small disk, an eighth of it.
    const least = Math.min(LEAST_BYTES, (usage.blocks * usage.bsize) / 8);
    if (usage.bavail * usage.bsize < least) return directory;
  }
  return undefined;
}
