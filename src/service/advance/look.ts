import type { EnvironmentObservation, EnvironmentRef } from "#environment/environment.ts";
import { defined } from "#language/defined.ts";
import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { Ports, ServiceDeps } from "../deps.ts";
import { refOf } from "../environment/environment-ref.ts";
import { advancePipeline } from "./advance-pipeline.ts";

/** Compares the recorded state of the pipeline's environments with their real state, then decides. */
export async function lookAtPipeline(deps: ServiceDeps, pipelineId: number): Promise<void> {
  const stored = await deps.store.pipelines.get(pipelineId);
  if (stored === undefined) return;
  const seen = await observeEnvironments(deps, stored.value);
  await advancePipeline(deps, pipelineId, [...seen, { type: "look" }]);
}

async function observeEnvironments(
  deps: Pick<Ports, "environments">,
  pipeline: Pipeline,
): Promise<readonly PipelineEvent[]> {
  const refs = pipeline.environments
    .filter((environment) => environment.state === "starting" || environment.state === "running")
    .map(refOf);
  if (refs.length === 0) return [];
  const observations = await deps.environments.observe(refs);
  const seen = await Promise.all(
    refs.map(async (ref) => {
      const observation = observations.get(ref.id);
      // An environment that ended by itself may have left containers behind.
      if (observation?.state === "ended") await deps.environments.stop(ref);
      return observation === undefined ? [] : seenAs(ref, observation);
    }),
  );
  return seen.flat();
}

function seenAs(
  { id: environmentId, handle }: EnvironmentRef,
  observation: EnvironmentObservation,
): readonly PipelineEvent[] {
  switch (observation.state) {
    case "starting":
      return [
        ...adopted(environmentId, handle, observation.handle),
        ...waits(environmentId, observation.waits),
      ];
    case "running":
      return adopted(environmentId, handle, observation.handle);
    case "ended":
      return [
        {
          type: "environment_ended",
          environmentId,
          ...defined({ problem: observation.problem }),
        },
      ];
    case "unknown":
      return [{ type: "environment_ended", environmentId, problem: "the environment disappeared" }];
  }
}

/** Without a reason, the environment has stopped waiting. */
function waits(environmentId: string, reason: string | undefined): readonly PipelineEvent[] {
  return [{ type: "environment_waits", environmentId, ...defined({ reason }) }];
}

/** The start was accepted, but the process ended before it recorded the handle. */
function adopted(
  environmentId: string,
  known: string | undefined,
  handle: string,
): readonly PipelineEvent[] {
  return known === undefined ? [{ type: "environment_started", environmentId, handle }] : [];
}
