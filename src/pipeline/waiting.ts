import type { Pipeline, PipelineEnvironment } from "./pipeline.ts";
import { isActive } from "./status.ts";

/** It is to be started and stands in line for a place. */
export function isWaiting({ state, waitsSince, turnAt }: PipelineEnvironment): boolean {
  return state === "wanted" && waitsSince !== undefined && turnAt === undefined;
}

/**
 * Whether nothing can change before one of its environments is given a place: none is on its way, no job is at
 * work, and time alone brings nothing about.
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
