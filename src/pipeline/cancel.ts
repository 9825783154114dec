import { changeJobs } from "./jobs.ts";
import type { Job, Pipeline } from "./pipeline.ts";
import { isCompleted } from "./status.ts";

/**
 * Cancels jobs, or the whole pipeline. Jobs that have ended do not change. Manual jobs are canceled only when they
 * are named, so that they can still be played (GitLab's `app/models/concerns/ci/has_status.rb`).
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
 * Which jobs auto-cancel may cancel (GitLab Docs, `workflow:auto_cancel:on_new_commit`). `conservative`: all jobs,
 * unless a job that is not interruptible has started. `interruptible`: only interruptible jobs.
 */
export function cancelSuperseded(pipeline: Pipeline, byPipelineId: number, now: string): Pipeline {
  // A child pipeline is canceled only together with its parent's trigger job.
  if (pipeline.parent !== undefined) return pipeline;
  // A pipeline that waits for a person is not canceled (`cancel_redundant_pipelines_service.rb`).
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

/** A trigger job runs no script, so a running one does not prevent canceling. */
function mustNotBeInterrupted(job: Job): boolean {
  return !job.interruptible && job.startedAt !== undefined && job.trigger === undefined;
}

/** Cancels all jobs that would run without a person, but does not set the pipeline's status to canceled (`on_job_failure: all`). */
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

/** The runner of a running job, or the child of a trigger job, is told first and gets time to clean up. */
function cancelJob(job: Job, by: string, now: string): Job {
  if (job.retried || isCompleted(job.status) || job.status === "canceling") return job;
  return job.status === "running" || job.childPipelineId !== undefined
    ? { ...job, status: "canceling", cancelingAt: now, canceledBy: by }
    : { ...job, status: "canceled", finishedAt: now, canceledBy: by };
}
