import { changeJobs } from "./jobs.ts";
import type { Job, Pipeline } from "./pipeline.ts";

/**
 * Resets skipped jobs that may run again because these jobs run again: all jobs that need them, directly or
 * indirectly, and all jobs of later stages (GitLab's `app/services/ci/reset_skipped_jobs_service.rb`).
 */
export function reviveDependants(pipeline: Pipeline, alive: readonly Job[]): Pipeline {
  const order = new Map(pipeline.stages.map((stage, index) => [stage, index]));
  const position = (job: Job) => order.get(job.stage) ?? 0;
  const first = alive.reduce((least, job) => Math.min(least, position(job)), Infinity);
  const dependants = withDependants(pipeline, alive);
  return reviveSkipped(pipeline, (job) => position(job) > first || dependants.has(job.name));
}

export function reviveSkipped(pipeline: Pipeline, which: (job: Job) => boolean): Pipeline {
  return changeJobs(pipeline, (job) =>
    job.status === "skipped" && !job.retried && which(job) ? { ...job, status: "created" } : job,
  );
}

function withDependants(pipeline: Pipeline, alive: readonly Job[]): ReadonlySet<string> {
  const dependants = new Map<string, string[]>();
  for (const job of pipeline.jobs) {
    if (job.retried) continue;
    for (const need of job.needs ?? []) {
      const names = dependants.get(need.job);
      if (names === undefined) dependants.set(need.job, [job.name]);
      else names.push(job.name);
    }
  }
  const found = new Set(alive.map((job) => job.name));
  // Iterating over a Set includes elements that are added during the iteration.
  for (const name of found) for (const next of dependants.get(name) ?? []) found.add(next);
  return found;
}
