import { defined } from "#language/defined.ts";
import { cancelRest } from "./cancel.ts";
import type { FailureReason, Job, Pipeline } from "./pipeline.ts";
import { automaticRetry, automaticRow } from "./retry.ts";
import { isWithRunner } from "./status.ts";

/** How a job ended, as its runner or the service says. */
export type Ending = {
  readonly state: "success" | "failed";
  readonly failureReason?: FailureReason;
  readonly exitCode?: number;
  readonly coverage?: number;
  /** The environment that failed, if the job never reached a runner. */
  readonly environmentId?: string;
  /** Another attempt cannot help. */
  readonly final?: boolean;
};

/**
 * Ends jobs and applies retries, allowed exit codes and `auto_cancel:on_job_failure`. A job that is being canceled
 * ends as canceled, whatever its runner reports. Only pending, running and canceling jobs are ended.
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
  // The token is no longer valid, and its hash is the largest part of a row.
  const { tokenHash: _, ...kept } = job;
  const heard = {
    ...kept,
    finishedAt: now,
    ...defined({
      coverage: ending.coverage,
      environmentId: ending.environmentId,
      exitCode: ending.exitCode,
    }),
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
