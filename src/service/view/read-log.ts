import { pipelineIdOfJob } from "#pipeline/jobs.ts";
import { isCompleted, type Status } from "#pipeline/status.ts";
import type { Host, Ports, Waiting } from "../deps.ts";
import { logKey } from "../keys.ts";
import { readJob } from "../read-job.ts";

const maxBytes = 1_000_000;

export type LogPart = {
  readonly bytes: Uint8Array;
  /** Length of the whole log so far. */
  readonly length: number;
  readonly status: Status;
  /** Whether the log ends after these bytes. */
  readonly complete: boolean;
};

/** Reads part of a job's log. With a wait, the call returns when there is more or when the job is done. */
export async function readLog(
  deps: Pick<Ports, "store" | "blobs"> & Pick<Host, "now"> & Pick<Waiting, "waitForChange">,
  jobId: number,
  options: { readonly offset: number; readonly waitMilliseconds: number },
): Promise<LogPart | undefined> {
  const pipelineId = pipelineIdOfJob(jobId);
  const until = deps.now() + options.waitMilliseconds;
  for (;;) {
    const change = deps.waitForChange(pipelineId, Math.max(0, until - deps.now()));
    const found = await readJob(deps, jobId);
    if (found === undefined) return undefined;
    const { status } = found.job;
    const part = await deps.blobs.read(logKey(jobId), options.offset, maxBytes);
    const complete = isCompleted(status) && options.offset + part.bytes.byteLength >= part.length;
    if (part.bytes.byteLength > 0 || complete || deps.now() >= until) {
      return { ...part, status, complete };
    }
    await change;
  }
}
