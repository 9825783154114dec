import type { Pipeline, PipelineEnvironment } from "./pipeline.ts";
import { isActive } from "./status.ts";

/** Whether the environment is wanted and waits in the queue for capacity. */
export function isWaiting({ state, waitsSince, turnAt }: PipelineEnvironment): boolean {
  return state === "wanted" && waitsSince !== undefined && turnAt === undefined;
}

/**
 * Whether nothing can change before one of the pipeline's environments gets a place: no environment is starting, no job
 * is running, and nothing is due at any time.
 */
export function waitsForPlacesOnly(pipeline: Pipeline): boolean {
  const left = pipeline.environments.filter(({ state }) => state !== "ended");
  return (
    left.length > 0 &&
    left.every(isWaiting) &&
    pipeline.jobs.every(
      (job) =>
        job.status !== "scheduled" &&
        (!isActive(job.status) || (job.status === "pending" && job.trigger === undefined)),
    )
  );
}
