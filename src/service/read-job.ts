import { findJob, pipelineIdOfJob } from "#pipeline/jobs.ts";
import type { Job, Pipeline } from "#pipeline/pipeline.ts";
import type { Ports } from "./deps.ts";

export type JobOfPipeline = { readonly pipeline: Pipeline; readonly job: Job };

/** Reads a job and its pipeline. Returns undefined if there is no such job. */
export async function readJob(
  { store }: Pick<Ports, "store">,
  jobId: number,
): Promise<JobOfPipeline | undefined> {
  const pipeline = (await store.pipelines.get(pipelineIdOfJob(jobId)))?.value;
  const job = pipeline && findJob(pipeline, jobId);
  return pipeline && job && { pipeline, job };
}
