import type { Variable } from "#language/variables.ts";
import { changeJobs } from "./jobs.ts";
import type { Job, Pipeline } from "./pipeline.ts";
import { enqueue } from "./process.ts";
import { reviveDependants } from "./revive.ts";

/** Starts manual jobs, and delayed ones before their time; jobs in any other state are left alone. */
export function playJobs(
  pipeline: Pipeline,
  jobIds: readonly number[],
  by: string,
  variables: readonly Variable[],
  now: string,
): Pipeline {
  const ids = new Set(jobIds);
  const played: Job[] = [];
  const next = changeJobs(pipeline, (job) => {
    const waits = job.status === "manual" || job.status === "scheduled";
    if (!waits || job.retried || job.childPipelineId !== undefined || !ids.has(job.id)) return job;
    const started = { ...enqueue(job, now), playedBy: { login: by, variables } };
    played.push(started);
    return started;
  });
  return played.length === 0 ? pipeline : reviveDependants(next, played);
}
