import type { StatusRun } from "#forge/forge.ts";
import { defined } from "#language/defined.ts";
import { findJob } from "#pipeline/jobs.ts";
import type { Job, Pipeline, Report } from "#pipeline/pipeline.ts";

/** The subject of a report, for forges that show more than a status. */
export function statusRun(pipeline: Pipeline, { jobId }: Pick<Report, "jobId">): StatusRun {
  const job = jobId === undefined ? undefined : findJob(pipeline, jobId);
  const its = job ?? pipeline;
  return {
    pipelineId: pipeline.id,
    ...defined({ jobId, startedAt: its.startedAt, finishedAt: its.finishedAt }),
    ...(job === undefined && pipeline.status === "manual" && { waitsForPerson: true }),
    ...(isForgiven(job) && { warns: true }),
  };
}

/** A pipeline with warnings has succeeded. A job with a warning has failed. */
function isForgiven(job: Job | undefined): boolean {
  return job?.status === "failed" && job.allowFailure;
}
