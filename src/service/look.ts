import type { EnvironmentObservation } from "#environment/environment.ts";
import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { advancePipeline } from "./advance-pipeline.ts";
import type { ServiceDeps } from "./deps.ts";

/** Compares what the pipeline believes of its environments with what is there, then decides. */
export async function lookAtPipeline(deps: ServiceDeps, pipelineId: number): Promise<void> {
  const stored = await deps.store.pipelines.get(pipelineId);
  if (stored === undefined) return;
  const seen = await observeEnvironments(deps, stored.value);
  await advancePipeline(deps, pipelineId, [...seen, { type: "look" }]);
}

async function observeEnvironments(
  deps: ServiceDeps,
  pipeline: Pipeline,
): Promise<readonly PipelineEvent[]> {
  const ids = pipeline.environments
    .filter((environment) => environment.state === "starting" || environment.state === "running")
    .map((environment) => environment.id);
  if (ids.length === 0) return [];
  const observations = await deps.environments.observe(ids);
  const seen = await Promise.all(
    ids.map(async (environmentId) => {
      const observation = observations.get(environmentId);
      // One that ended by itself may have left something behind.
      if (observation?.state === "ended") await deps.environments.stop(environmentId);
      return observation === undefined ? [] : seenAs(environmentId, observation);
    }),
  );
  return seen.flat();
}

function seenAs(
  environmentId: string,
  observation: EnvironmentObservation,
): readonly PipelineEvent[] {
  switch (observation.state) {
    case "starting":
    case "running":
      return [];
    case "ended":
      return [
        {
          type: "environment_ended",
          environmentId,
          ...(observation.problem === undefined ? {} : { problem: observation.problem }),
        },
      ];
    case "unknown":
      return [{ type: "environment_ended", environmentId, problem: "the environment disappeared" }];
  }
}
