import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { isRunning } from "./detached.ts";
import { SetupProblem } from "./problem.ts";

const PATIENCE = 300_000;

/**
 * Runs `work` while this process alone holds the lock file; others wait. A lock whose process is gone is
 * taken over, so a killed set-up blocks nobody.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  waiting: (holder: number) => void = () => undefined,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const mine = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(mine, `${process.pid}\n`);
  try {
    await take(path, mine, waiting);
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
}

async function take(path: string, mine: string, waiting: (holder: number) => void) {
  const deadline = Date.now() + PATIENCE;
  let told = false;
  while (!(await linked(mine, path))) {
    const holder = await holderOf(path);
    if (holder !== undefined && !isRunning(holder)) {
      await removeStale(path);
      continue;
    }
    if (Date.now() > deadline) {
      throw new SetupProblem(
        `Another set-up (process ${holder ?? "unknown"}) has held ${path} for ${PATIENCE / 60_000} minutes.`,
        `See what it does: ps -fp ${holder ?? "PID"}. If it is not a set-up, remove ${path}.`,
      );
    }
    if (!told && holder !== undefined) {
      told = true;
      waiting(holder);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A hard link appears whole or not at all, and only one process can make it. */
async function linked(mine: string, path: string): Promise<boolean> {
  return link(mine, path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") {
        return false;
      }
      throw error;
    },
  );
}

/**
 * Several processes may find the same stale lock, and one of them may have it already by the time that another
 * removes it. So it is looked at again and removed under a lock of its own.
 */
async function removeStale(path: string): Promise<void> {
  await withLock(`${path}.stale`, async () => {
    const holder = await holderOf(path);
    if (holder !== undefined && !isRunning(holder)) await rm(path, { force: true });
  });
}

async function holderOf(path: string): Promise<number | undefined> {
  try {
    const pid = Number((await readFile(path, "utf8")).trim());
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
