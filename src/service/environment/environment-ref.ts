import type { EnvironmentRef, EnvironmentSpec } from "#environment/environment.ts";
import { defined } from "#language/defined.ts";
import type { Pipeline, PipelineEnvironment } from "#pipeline/pipeline.ts";
import { isFromFork } from "../configuration/facts.ts";

/** The provider's reference to an environment of a pipeline. */
export function refOf({ id, handle }: PipelineEnvironment): EnvironmentRef {
  return { id, ...defined({ handle }) };
}

/** Of the project's images. */
export function accessOf({ facts }: Pipeline): EnvironmentSpec["access"] {
  return isFromFork(facts) ? "pull" : "push";
}
