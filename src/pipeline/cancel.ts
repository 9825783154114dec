import { changeJobs } from "./jobs.ts";
import type { Job, Pipeline } from "./pipeline.ts";
import { isCompleted } from "./status.ts";

/**
 * Cancels jobs, or the whole pipeline; what has ended stays as it is. Jobs that wait for a person are only
 * canceled by name, so that they can still be played (GitLab's `app/models/concerns/ci/has_status.rb`).
 */
export function cancelJobs(
  pipeline: Pipeline,
  jobIds: readonly number[] | undefined,
  by: string,
  now: string,
): Pipeline {
  if (jobIds === undefined) return cancelPipeline(pipeline, by, now);
  const ids = new Set(jobIds);
  return changeJobs(pipeline, (job) => (ids.has(job.id) ? cancelJob(job, by, now) : job));
}

/**
 * What auto-cancel allows (GitLab Docs, `workflow:auto_cancel:on_new_commit`). `conservative`: everything,
 * unless a job that may not be interrupted has started. `interruptible`: only jobs that may be.
 */
export function cancelSuperseded(pipeline: Pipeline, byPipelineId: number, now: string): Pipeline {
  // A child pipeline goes with its parent's trigger job, if at all.
  if (pipeline.parent !== undefined) return pipeline;
  // One that is held by a person's decision is no candidate (`cancel_redundant_pipelines_service.rb`).
  if (pipeline.status === "manual") return pipeline;
  const by = `pipeline ${byPipelineId}`;
  switch (pipeline.autoCancel.onNewCommit) {
    case "none":
      return pipeline;
    case "interruptible":
      return changeJobs(pipeline, (job) =>
        job.interruptible ? cancelUnlessManual(job, by, now) : job,
      );
    case "conservative":
      return pipeline.jobs.some(mustNotBeInterrupted)
        ? pipeline
        : cancelPipeline(pipeline, by, now);
  }
}

/** A trigger job runs nothing itself, so it holds nothing up. */
function mustNotBeInterrupted(job: Job): boolean {
  return !job.interruptible && job.startedAt !== undefined && job.trigger === undefined;
}

/** Everything that goes on by itself, without naming the pipeline canceled (`on_job_failure: all`). */
export function cancelRest(pipeline: Pipeline, by: string, now: string): Pipeline {
  return changeJobs(pipeline, (job) => cancelUnlessManual(job, by, now));
}

function cancelUnlessManual(job: Job, by: string, now: string): Job {
  return job.status === "manual" && job.childPipelineId === undefined
    ? job
    : cancelJob(job, by, now);
}

function cancelPipeline(pipeline: Pipeline, by: string, now: string): Pipeline {
  const next = cancelRest(pipeline, by, now);
  return next === pipeline ? pipeline : { ...next, canceledBy: by };
}

/** A running job's runner, or a trigger job's child pipeline, is told first and has time to clean up. */
function cancelJob(job: Job, by: string, now: string): Job {
  if (job.retried || isCompleted(job.status) || job.status === "canceling") return job;
  return job.status === "running" || job.childPipelineId !== undefined
    ? { ...job, status: "canceling", cancelingAt: now, canceledBy: by }
    : { ...job, status: "canceled", finishedAt: now, canceledBy: by };
}
