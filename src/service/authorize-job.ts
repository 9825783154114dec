import type { Job, Pipeline } from "#pipeline/pipeline.ts";
import { isCompleted } from "#pipeline/status.ts";
import { isoNow, type ServiceDeps } from "./deps.ts";
import { pipelineIdOfJob } from "./keys.ts";

export type JobAuthorization =
  | { readonly result: "ok"; readonly pipeline: Pipeline; readonly job: Job }
  | { readonly result: "unknown" | "forbidden" };

/** Whether this job token is that job's, and what the job is now. A finished job's token is forbidden. */
export async function authorizeJob(
  deps: ServiceDeps,
  jobId: number,
  token: string,
): Promise<JobAuthorization> {
  const [grant, stored] = await Promise.all([
    deps.store.tokens.get(deps.hash(token), isoNow(deps)),
    deps.store.pipelines.get(pipelineIdOfJob(jobId)),
  ]);
  const job = stored?.value.jobs.find((candidate) => candidate.id === jobId);
  if (stored === undefined || job === undefined) return { result: "unknown" };
  if (grant?.kind !== "job" || grant.jobId !== jobId) return { result: "forbidden" };
  // Ended without its runner's word: canceled, out of time, its environment gone.
  if (isCompleted(job.status)) return { result: "forbidden" };
  return { result: "ok", pipeline: stored.value, job };
}
