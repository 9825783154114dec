import { rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";

const reserveBytes = 16 * 1024 * 1024;
/** Set aside again once there is this much more room than it takes. */
const roomFactor = 4;

/**
 * Room kept on the data directory's disk, so that a job which fills it cannot keep the service from
 * writing down what became of the job. Does nothing while the disk has no room to spare.
 */
export async function keepReserve(directory: string): Promise<void> {
  const file = reserveFile(directory);
  const there = await stat(file).catch(() => undefined);
  if (there?.size === reserveBytes) return;
  const usage = await statfs(directory);
  if (usage.bavail * usage.bsize < reserveBytes * roomFactor) return;
  await writeFile(file, Buffer.alloc(reserveBytes, 1), { mode: 0o600 });
}

/** Gives the room up; false when that was done before. */
export async function releaseReserve(directory: string): Promise<boolean> {
  const there = await stat(reserveFile(directory)).catch(() => undefined);
  await rm(reserveFile(directory), { force: true });
  return there !== undefined;
}

function reserveFile(directory: string): string {
  return join(directory, "disk-reserve");
}
