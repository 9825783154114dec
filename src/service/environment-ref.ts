import type { EnvironmentRef, EnvironmentSpec } from "#environment/environment.ts";
import type { Pipeline, PipelineEnvironment } from "#pipeline/pipeline.ts";

/** How the provider knows an environment of a pipeline. */
export function refOf({ id, handle }: PipelineEnvironment): EnvironmentRef {
  return { id, ...(handle !== undefined && { handle }) };
}

/** Merge requests from forks may read images, never write. */
export function accessOf({ facts }: Pipeline): EnvironmentSpec["access"] {
  return facts.mergeRequest?.fork === true ? "pull" : "push";
}
