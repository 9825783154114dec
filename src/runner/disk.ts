import { statfs } from "node:fs/promises";

const LEAST_BYTES = 4 * 1024 * 1024;

/** The first of the directories whose file system has no room left; directories that do not exist have. */
export async function fullDisk(directories: readonly string[]): Promise<string | undefined> {
  for (const directory of directories) {
    const usage = await statfs(directory).catch(() => undefined);
    if (usage !== undefined && usage.blocks > 0 && usage.bavail * usage.bsize < LEAST_BYTES) {
      return directory;
    }
  }
  return undefined;
}
