import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const keptDays = 30;

/**
 * Removes caches that no job has written for 30 days, from the directory in which the blobs are: keys with a
 * branch's name in them would else fill the disk. A bucket has a lifecycle rule for this.
 */
export async function removeOldCaches(blobs: string, now: number): Promise<void> {
  const directory = join(blobs, "caches");
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  for (const name of names) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true || now - found.mtimeMs < keptDays * 24 * 3_600_000) continue;
    await rm(path, { force: true });
  }
}
