import { nextRow } from "./jobs.ts";
import type { FailureReason, Job, Pipeline } from "./pipeline.ts";
import { reviveDependants, reviveSkipped } from "./revive.ts";

/** Further attempts that the system gives when it was at fault, whatever `retry:` says. */
const systemRetries = 2;

/** Failures that another attempt cannot mend (GitLab's `lib/gitlab/ci/build/auto_retry.rb`). */
const never: readonly FailureReason[] = [
  "no_matching_runner",
  "missing_dependency_failure",
  "forward_deployment_failure",
];

const schedulerRetries = 2;

/** Attempts that one pipeline can have, so that it stays storable: a thousand jobs, five times each. */
export const mostRows = 5_000;

/** Whether a failed job is retried automatically, and whether the system or the job itself is at fault. */
export function automaticRetry(job: Job, rows: number): "system" | "policy" | "none" {
  if (job.trigger !== undefined || rows >= mostRows) return "none";
  const reason = job.failureReason ?? "unknown_failure";
  if (never.includes(reason)) return "none";
  if (reason === "runner_system_failure") {
    return job.systemFailures < systemRetries ? "system" : "none";
  }
  return job.attempt < attemptsAllowed(job, reason) ? "policy" : "none";
}

function attemptsAllowed(job: Job, reason: FailureReason): number {
  const { max, when, exitCodes } = job.retry;
  const byReason = when.includes("always") || when.includes(reason);
  const byExitCode = job.exitCode !== undefined && exitCodes.includes(job.exitCode);
  if (byReason || byExitCode) return max;
  return reason === "scheduler_failure" ? schedulerRetries : 0;
}

/** The row of the next automatic attempt. */
export function automaticRow(
  job: Job,
  fault: "system" | "policy",
  pipelineId: number,
  row: number,
  now: string,
): Job {
  return nextRow(job, pipelineId, row, now, {
    attempt: job.attempt + (fault === "policy" ? 1 : 0),
    systemFailures: job.systemFailures + (fault === "system" ? 1 : 0),
    atOnce: true,
  });
}

/**
 * Carries out a person's retry. With ids, those jobs run again if they have ended, manual ones at once. Without ids,
 * all failed and canceled jobs run again, skipped jobs are evaluated again, and manual jobs wait to be played again.
 */
export function retryJobs(
  pipeline: Pipeline,
  jobIds: readonly number[] | undefined,
  by: string,
  now: string,
): Pipeline {
  const ids = jobIds && new Set(jobIds);
  const again = pipeline.jobs.filter((job) =>
    ids === undefined ? isUnsuccessful(job) : ids.has(job.id) && isRetryable(job),
  );
  if (again.length === 0 || pipeline.jobs.length + again.length > mostRows) return pipeline;
  const old = new Set(again);
  const rows = again.map((job, index) => {
    const fresh = nextRow(job, pipeline.id, pipeline.jobs.length + index + 1, now, {
      attempt: job.attempt + 1,
      systemFailures: 0,
      atOnce: false,
    });
    const goesOn = ids !== undefined && (job.when === "manual" || job.when === "delayed");
    const variables = job.playedBy?.variables ?? [];
    return goesOn ? { ...fresh, playedBy: { login: by, variables } } : fresh;
  });
  const jobs = pipeline.jobs.map((job) => (old.has(job) ? { ...job, retried: true } : job));
  const { canceledBy: _, ...rest } = pipeline;
  const next = { ...rest, jobs: [...jobs, ...rows] };
  return ids === undefined ? reviveSkipped(next, () => true) : reviveDependants(next, rows);
}

function isUnsuccessful(job: Job): boolean {
  return !job.retried && (job.status === "failed" || job.status === "canceled");
}

function isRetryable(job: Job): boolean {
  return isUnsuccessful(job) || (!job.retried && job.status === "success");
}
