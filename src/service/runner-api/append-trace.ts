import type { Job } from "#pipeline/pipeline.ts";
import type { Status } from "#pipeline/status.ts";
import { authorizeJob } from "../access/authorize-job.ts";
import { advanceSoon } from "../advance/advance-pipeline.ts";
import type { Host, ServiceDeps } from "../deps.ts";
import { logKey } from "../keys.ts";
import { appendUpTo, logLimitOf } from "./log-limit.ts";

/** A contact is stored at most this often, because otherwise every chunk of log would write the pipeline. */
export const contactMilliseconds = 60_000;

export type TraceAnswer =
  | { readonly answer: "accepted" | "range"; readonly length: number; readonly status: Status }
  | { readonly answer: "unknown" | "forbidden" };

/**
 * Appends a piece of a job's log at its offset, or returns the offset from which to continue. Beyond the limit pieces
 * are accepted and dropped, so that a runner which knows nothing of the limit ends as usual.
 */
export async function appendTrace(
  deps: ServiceDeps,
  request: {
    readonly jobId: number;
    readonly token: string;
    readonly start: number;
    readonly bytes: Uint8Array;
  },
): Promise<TraceAnswer> {
  const authorization = await authorizeJob(deps, request.jobId, request.token);
  if (authorization.result !== "ok") return { answer: authorization.result };
  const { job, pipeline } = authorization;
  const limitBytes = await logLimitOf(deps, pipeline, request.start + request.bytes.byteLength);
  const appended = await appendUpTo(deps, logKey(job.id), request, limitBytes);
  if (contactDue(deps, job))
    await advanceSoon(deps, pipeline.id, [{ type: "job_contact", jobId: job.id }]);
  deps.announce(pipeline.id);
  return {
    answer: appended.accepted ? "accepted" : "range",
    length: appended.length,
    status: job.status,
  };
}

export function contactDue(deps: Pick<Host, "now">, job: Job): boolean {
  const last = job.contactAt ?? job.startedAt;
  return last === undefined || deps.now() - Date.parse(last) > contactMilliseconds;
}
