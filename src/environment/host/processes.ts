import { readFile } from "node:fs/promises";
import { markedProcesses, marksEnvironment } from "#engine/markers.ts";

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

/** All processes that were started for an environment, wherever they fled to. */
export function processesOf(id: string): Promise<number[]> {
  return markedProcesses((entry) => marksEnvironment(entry, id));
}

/** Sends a signal to a process, or to a group by its negative number; false when there is none. */
export function signal(pid: number, name: "SIGTERM" | "SIGKILL"): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
