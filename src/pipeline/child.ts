import { endJob } from "./end-jobs.ts";
import { changeJob, findJob } from "./jobs.ts";
import type { FailureReason, Job, Pipeline } from "./pipeline.ts";
import { reviveDependants } from "./revive.ts";
import { isCompleted, type Status } from "./status.ts";

/**
 * Trigger jobs and their child pipelines (GitLab Docs, "CI/CD YAML syntax reference": `trigger:strategy`).
 * Without a strategy, the job succeeds as soon as the child exists. With `depend`, the job runs until the child is
 * completed. With `mirror`, the job has the child's status. Child pipelines of other projects are not supported.
 */
export function noteChildCreated(
  pipeline: Pipeline,
  jobId: number,
  childPipelineId: number,
  now: string,
): Pipeline {
  const job = findJob(pipeline, jobId);
  if (job?.trigger === undefined || job.childPipelineId !== undefined) return pipeline;
  // The job was canceled while the child was created. The child is recorded so that it can be canceled as well.
  if (job.status === "canceled")
    return changeJob(pipeline, jobId, (row) => ({ ...row, childPipelineId }));
  if (job.status !== "pending" || job.retried) return pipeline;
  const started = changeJob(pipeline, jobId, (row) => ({
    ...row,
    childPipelineId,
    status: "running",
    startedAt: now,
  }));
  return job.trigger.strategy === undefined
    ? endJob(started, jobId, { state: "success" }, now)
    : started;
}

const longestMessage = 1_000;

export function noteChildRefused(
  pipeline: Pipeline,
  jobId: number,
  refusal: { readonly failureReason: FailureReason; readonly message: string },
  now: string,
): Pipeline {
  const job = findJob(pipeline, jobId);
  if (job?.trigger === undefined || job.status !== "pending" || job.retried) return pipeline;
  const said = withMessage(pipeline, jobId, refusal.message.slice(0, longestMessage));
  return endJob(said, jobId, { state: "failed", failureReason: refusal.failureReason }, now);
}

/** A child that runs again after its end (a retry, a manual job) makes the trigger job run again as well. */
export function noteChild(
  pipeline: Pipeline,
  jobId: number,
  child: { readonly childPipelineId: number; readonly status: Status },
  now: string,
): Pipeline {
  const known = noteChildCreated(pipeline, jobId, child.childPipelineId, now);
  const job = findJob(known, jobId);
  if (job?.trigger?.strategy === undefined || job.retried) return known;
  if (job.childPipelineId !== child.childPipelineId || job.status === "skipped") return known;
  // The job was canceled before the child was known, so the child is canceled as well and its status is not followed.
  if (job.startedAt === undefined) return known;
  const status = followed(job.trigger.strategy, child.status);
  if (status === job.status) return known;
  if (job.status === "canceling" && !isCompleted(status)) {
    // Canceling does not touch manual jobs, and this child has no other jobs left.
    return child.status === "manual" ? endJob(known, jobId, { state: "failed" }, now) : known;
  }
  if (job.status === "canceled" && !isTakenUp(child.status)) return known;
  return follow(known, job, status, child, now);
}

/** Whether a person has restarted a canceled child. */
function isTakenUp(child: Status): boolean {
  return !isCompleted(child) && child !== "canceling" && child !== "manual";
}

/** The trigger job's status, derived from the child's status. */
function followed(strategy: "depend" | "mirror", child: Status): Status {
  switch (child) {
    case "success":
    case "failed":
      return child;
    case "canceled":
    case "skipped":
      return strategy === "mirror" ? child : "failed";
    case "manual":
    case "scheduled":
    case "canceling":
      return strategy === "mirror" ? child : "running";
    case "created":
    case "waiting_for_resource":
    case "preparing":
    case "waiting_for_callback":
    case "pending":
      return strategy === "mirror" ? "pending" : "running";
    case "running":
      return "running";
  }
}

function follow(
  pipeline: Pipeline,
  job: Job,
  status: Status,
  child: { readonly childPipelineId: number; readonly status: Status },
  now: string,
): Pipeline {
  const open = isCompleted(job.status) ? reopen(pipeline, job) : pipeline;
  if (!isCompleted(status)) {
    return changeJob(open, job.id, (row) => ({
      ...row,
      status,
      ...(status === "canceling" && { cancelingAt: now }),
    }));
  }
  if (status === "skipped" || (status === "canceled" && job.status !== "canceling")) {
    return changeJob(open, job.id, (row) => ({ ...row, status, finishedAt: now }));
  }
  if (status === "success") return endFollowing(open, job, { state: "success" }, now);
  const told = withMessage(
    open,
    job.id,
    `The child pipeline ${child.childPipelineId} ended ${child.status}.`,
  );
  return endFollowing(told, job, { state: "failed", failureReason: "unknown_failure" }, now);
}

function endFollowing(
  pipeline: Pipeline,
  job: Job,
  ending: { readonly state: "success" | "failed"; readonly failureReason?: FailureReason },
  now: string,
): Pipeline {
  const running = changeJob(pipeline, job.id, (row) =>
    row.status === "canceling" ? row : { ...row, status: "running" },
  );
  return endJob(running, job.id, ending, now);
}

function reopen(pipeline: Pipeline, job: Job): Pipeline {
  const opened = changeJob(pipeline, job.id, (row) => {
    const { finishedAt, failureReason, failureMessage, canceledBy, cancelingAt, ...rest } = row;
    return { ...rest, status: "running" };
  });
  return job.status === "success" ? opened : reviveDependants(opened, [job]);
}

function withMessage(pipeline: Pipeline, jobId: number, failureMessage: string): Pipeline {
  return changeJob(pipeline, jobId, (row) =>
    row.status === "canceling" ? row : { ...row, failureMessage },
  );
}
