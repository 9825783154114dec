import { findJob, pipelineIdOfJob } from "#pipeline/jobs.ts";
import type { Job, Pipeline } from "#pipeline/pipeline.ts";
import type { Ports } from "./deps.ts";

export type JobOfPipeline = { readonly pipeline: Pipeline; readonly job: Job };

/** A job and the pipeline that it belongs to, as they are now; undefined where there is none. */
export async function readJob(
  { store }: Pick<Ports, "store">,
  jobId: number,
): Promise<JobOfPipeline | undefined> {
  const pipeline = (await store.pipelines.get(pipelineIdOfJob(jobId)))?.value;
  const job = pipeline && findJob(pipeline, jobId);
  return pipeline && job && { pipeline, job };
}
