import { readdir, readFile } from "node:fs/promises";

/** A process as its start time tells it apart from later ones with the same pid; see proc(5). */
export type HostProcess = {
  readonly pid: number;
  readonly group: number;
  /** In clock ticks since the machine started. */
  readonly startedAt: string;
};

/** Reads what the environment's script noted about itself: `PID GROUP START`. */
export function parseHostProcess(text: string): HostProcess | undefined {
  const match = /^(\d+) (\d+) (\d+)\n/.exec(text);
  return match?.[1] && match[2] && match[3]
    ? { pid: Number(match[1]), group: Number(match[2]), startedAt: match[3] }
    : undefined;
}

/** Whether this very process still runs; a zombie does not. */
export async function isRunning(process: HostProcess): Promise<boolean> {
  const stat = await readFile(`/proc/${process.pid}/stat`, "utf8").catch(() => "");
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return stat !== "" && state !== "Z" && state !== "X" && fields[18] === process.startedAt;
}

/**
 * All processes that were started for an environment, wherever they fled to. Those of its `shell` jobs
 * have nothing of the runner's own variables: they are known by the mark that the runner gives them.
 */
export async function processesOf(id: string): Promise<number[]> {
  const marks = [`\0SLIPWAY_ENVIRONMENT_ID=${id}\0`, `\0SLIPWAY_JOB_PROCESSES=${id}/`];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Other users' processes cannot be read; they are none of ours.
      const environ = await readFile(`/proc/${pid}/environ`).catch(() => Buffer.alloc(0));
      const framed = Buffer.concat([Buffer.from("\0"), environ]);
      return pid !== process.pid && marks.some((mark) => framed.includes(mark)) ? [pid] : [];
    }),
  );
  return found.flat();
}

/** Sends a signal to a process, or to a group by its negative number; false when there is none. */
export function signal(pid: number, name: "SIGTERM" | "SIGKILL"): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
