import { readdir, readFile } from "node:fs/promises";

/** The variable by which all that an environment's runner starts is known. */
export const ENVIRONMENT_MARKER = "SLIPWAY_ENVIRONMENT_ID";

/** The variable by which the processes of a `shell` job are known, which have nothing of the runner's own variables. */
export const JOB_MARKER = "SLIPWAY_JOB_PROCESSES";

/** The value of `JOB_MARKER`; `unique` tells several runs of one job apart. */
export function jobMark(environmentId: string, jobId: number, unique: string): string {
  return `${environmentId}/${jobId}/${unique}`;
}

/** Whether a variable, as `NAME=value`, marks a process of the environment or of one of its jobs. */
export function marksEnvironment(entry: string, environmentId: string): boolean {
  return (
    entry === `${ENVIRONMENT_MARKER}=${environmentId}` ||
    entry.startsWith(`${JOB_MARKER}=${environmentId}/`)
  );
}

/** The ids of all other processes of this machine that were started with such a variable; see proc(5). */
export async function markedProcesses(marks: (entry: string) => boolean): Promise<number[]> {
  const names = await readdir("/proc").catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Other users' processes cannot be read; they are none of ours.
      const variables = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
      return pid !== process.pid && variables.split("\0").some(marks) ? [pid] : [];
    }),
  );
  return found.flat();
}
