import type { EnvironmentRef } from "#environment/environment.ts";
import type { PipelineEnvironment } from "#pipeline/pipeline.ts";

/** How the provider knows an environment of a pipeline. */
export function refOf({ id, handle }: PipelineEnvironment): EnvironmentRef {
  return { id, ...(handle !== undefined && { handle }) };
}
