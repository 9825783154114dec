import { randomUUID } from "node:crypto";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { JOB_MARKER, jobMark, markedProcesses } from "#engine/markers.ts";
import { sleep } from "../../retry.ts";
import type { Settings } from "../../settings.ts";

/** All processes of a shell job, also those that left its session. */
export type ProcessGroup = {
  /** To be set in the environment of the first process: what inherits it is found by it. */
  readonly marker: { readonly key: string; readonly value: string };
  /** The control group that counts them, where this machine lets one be made. */
  readonly cgroup: string | undefined;
  readonly signalAll: (signal: "SIGTERM" | "SIGKILL") => Promise<number>;
  /** How often a process could not be started because there were too many. */
  readonly refusedForks: () => Promise<number>;
  /** Kills until none is left. */
  readonly killAll: () => Promise<void>;
  /** Kills until none is left, and removes the control group. */
  readonly end: () => Promise<void>;
};

const KILL_ROUNDS = 50;

export async function createProcessGroup(
  { environmentId, processLimit }: Pick<Settings, "environmentId" | "processLimit">,
  jobId: number,
): Promise<ProcessGroup> {
  const value = jobMark(environmentId, jobId, randomUUID());
  const mark = `${JOB_MARKER}=${value}`;
  const cgroup = await makeCgroup(`slipway-${environmentId}-${jobId}`, processLimit);

  async function signalAll(signal: "SIGTERM" | "SIGKILL"): Promise<number> {
    const ids = new Set([
      ...(await inCgroup(cgroup)),
      ...(await markedProcesses((entry) => entry === mark)),
    ]);
    for (const id of ids) {
      try {
        process.kill(id, signal);
      } catch {
        // Gone since it was listed.
      }
    }
    return ids.size;
  }

  async function killAll(): Promise<void> {
    for (let round = 0; round < KILL_ROUNDS; round++) {
      if ((await signalAll("SIGKILL")) === 0) return;
      await sleep(10);
    }
  }

  return {
    marker: { key: JOB_MARKER, value },
    cgroup,
    signalAll,
    killAll,
    refusedForks: () => refusedForks(cgroup),
    end: async () => {
      await killAll();
      if (cgroup !== undefined) await rmdir(cgroup).catch(() => undefined);
    },
  };
}

/** Linux kernel documentation: "Process Number Controller", in either version of control groups. */
async function makeCgroup(name: string, processLimit: number): Promise<string | undefined> {
  const parents = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"];
  for (const parent of parents) {
    const path = join(parent, name);
    try {
      await mkdir(path);
    } catch {
      continue;
    }
    try {
      await writeFile(join(path, "pids.max"), String(processLimit));
      return path;
    } catch {
      await rmdir(path).catch(() => undefined);
    }
  }
  return undefined;
}

async function refusedForks(cgroup: string | undefined): Promise<number> {
  if (cgroup === undefined) return 0;
  const events = await readFile(join(cgroup, "pids.events"), "utf8").catch(() => "");
  return Number(/^max (\d+)/m.exec(events)?.[1] ?? 0);
}

async function inCgroup(cgroup: string | undefined): Promise<number[]> {
  if (cgroup === undefined) return [];
  const text = await readFile(join(cgroup, "cgroup.procs"), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
}
