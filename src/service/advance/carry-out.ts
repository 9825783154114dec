import { findEnvironment } from "#pipeline/availability.ts";
import type { Command, PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { recordDeployment } from "../deployment/record-deployment.ts";
import type { Host, Ports, ServiceDeps } from "../deps.ts";
import { refOf } from "../environment/environment-ref.ts";
import { freePlace } from "../environment/line.ts";
import { startEnvironment } from "../environment/start-environment.ts";
import { type Advance, checkChild, tellParent } from "./child.ts";
import { postStatus } from "./post-status.ts";
import { acquireResource, releaseResource } from "./resource-turns.ts";

/** Carries out commands, side by side if they do not depend on one another, and returns their answers as events. */
export async function carryOut(
  deps: ServiceDeps,
  pipeline: Pipeline,
  commands: readonly Command[],
  advance: Advance,
): Promise<readonly PipelineEvent[]> {
  const answers = await Promise.all(
    commands.map((command) => carryOutOne(deps, pipeline, command, advance)),
  );
  return answers.flat();
}

async function carryOutOne(
  deps: ServiceDeps,
  pipeline: Pipeline,
  command: Command,
  advance: Advance,
): Promise<readonly PipelineEvent[]> {
  switch (command.type) {
    case "start_environment":
      return [await startEnvironment(deps, pipeline, command.environment, command.offered)];
    case "free_place":
      await freePlace(deps, command);
      return [];
    case "stop_environment":
      return stopEnvironment(deps, pipeline, command.environmentId);
    case "post_status":
      return postStatus(deps, pipeline);
    case "acquire_resource":
      return acquireResource(deps, pipeline, command);
    case "release_resource":
      await releaseResource(deps, pipeline.project, command.resourceGroup, command.jobId);
      return [];
    case "look_at":
      await lookAt(deps, pipeline.id, command.at);
      return [];
    case "jobs_ready":
      deps.announce(pipeline.id);
      return [];
    case "create_child": {
      // The compiler is large, and most functions that carry out commands never need it.
      const { createChild } = await import("./create-child.ts");
      return createChild(deps, pipeline, command.jobId);
    }
    case "cancel_child":
      await advance(command.childPipelineId, [{ type: "cancel", by: `pipeline ${pipeline.id}` }]);
      return [];
    case "check_child":
      return checkChild(deps, command);
    case "record_deployment":
      return recordDeployment(deps, pipeline, command);
    case "tell_parent":
      await tellParent(deps, advance, pipeline.id, command);
      return [];
  }
}

/** A little more than the time between two sweeps. */
const sweptSeconds = 70;

/**
 * Schedules a look only if it is due before the next sweep. Every look schedules the next one, so looks that are far in
 * the future would accumulate, one more with each sweep.
 */
async function lookAt(
  deps: Pick<Ports, "queue"> & Pick<Host, "now">,
  pipelineId: number,
  at: string,
): Promise<void> {
  const delaySeconds = Math.max(0, (Date.parse(at) - deps.now()) / 1000);
  if (delaySeconds > sweptSeconds) return;
  await deps.queue.send({ type: "pipeline", pipelineId }, { delaySeconds });
}

async function stopEnvironment(
  deps: Pick<Ports, "environments"> & Pick<Host, "log">,
  pipeline: Pipeline,
  environmentId: string,
): Promise<readonly PipelineEvent[]> {
  try {
    const known = findEnvironment(pipeline, environmentId);
    await deps.environments.stop(known === undefined ? { id: environmentId } : refOf(known));
    return [{ type: "environment_ended", environmentId }];
  } catch (error) {
    deps.log("warn", "an environment could not be stopped yet", {
      pipeline: pipeline.id,
      environment: environmentId,
      cause: String(error),
    });
    return [];
  }
}
