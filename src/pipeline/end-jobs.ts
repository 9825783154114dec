import { cancelRest } from "./cancel.ts";
import type { FailureReason, Job, Pipeline } from "./pipeline.ts";
import { automaticRetry, automaticRow } from "./retry.ts";
import { isWithRunner } from "./status.ts";

/** How a job ended, by its runner's word or by ours. */
export type Ending = {
  readonly state: "success" | "failed";
  readonly failureReason?: FailureReason;
  readonly exitCode?: number;
  readonly coverage?: number;
  /** The environment at fault, where the job never got as far as a runner. */
  readonly environmentId?: string;
  /** Another attempt cannot help. */
  readonly final?: boolean;
};

/**
 * Ends jobs, each with its retry, exit codes that are allowed to fail, and `auto_cancel:on_job_failure`.
 * A job that is being canceled ends canceled, whatever it says. Others than pending, running and canceling
 * jobs are left alone.
 */
export function endJobs(
  pipeline: Pipeline,
  endings: ReadonlyMap<number, Ending>,
  now: string,
): Pipeline {
  const rows: Job[] = [];
  let changed = false;
  let fatal: Job | undefined;
  const jobs = pipeline.jobs.map((job) => {
    const ending = endings.get(job.id);
    if (ending === undefined || !canEnd(job)) return job;
    changed = true;
    const ended = end(job, ending, now);
    const failed = ended.status === "failed";
    const taken = pipeline.jobs.length + rows.length;
    const fault = failed && ending.final !== true ? automaticRetry(ended, taken) : "none";
    if (fault !== "none") {
      rows.push(automaticRow(ended, fault, pipeline.id, taken + 1, now));
      return { ...ended, retried: true };
    }
    if (failed && !ended.allowFailure) fatal ??= ended;
    return ended;
  });
  if (!changed) return pipeline;
  const next = { ...pipeline, jobs: [...jobs, ...rows] };
  return fatal !== undefined && pipeline.autoCancel.onJobFailure === "all"
    ? cancelRest(next, `failed job ${fatal.name}`, now)
    : next;
}

export function endJob(pipeline: Pipeline, jobId: number, ending: Ending, now: string): Pipeline {
  return endJobs(pipeline, new Map([[jobId, ending]]), now);
}

function canEnd(job: Job): boolean {
  return !job.retried && (isWithRunner(job.status) || job.status === "pending");
}

function end(job: Job, ending: Ending, now: string): Job {
  // The token is worth nothing any more, and its hash is the largest part of a row.
  const { tokenHash: _, ...kept } = job;
  const heard = {
    ...kept,
    finishedAt: now,
    ...(ending.coverage !== undefined && { coverage: ending.coverage }),
    ...(ending.environmentId !== undefined && { environmentId: ending.environmentId }),
    ...(ending.exitCode !== undefined && { exitCode: ending.exitCode }),
  };
  if (job.status === "canceling") return { ...heard, status: "canceled" };
  if (ending.state === "success") return { ...heard, status: "success" };
  const listed =
    ending.exitCode !== undefined && job.allowFailureExitCodes?.includes(ending.exitCode);
  return {
    ...heard,
    status: "failed",
    allowFailure: job.allowFailure || listed === true,
    failureReason:
      ending.failureReason ??
      (ending.exitCode === undefined ? "unknown_failure" : "script_failure"),
  };
}
