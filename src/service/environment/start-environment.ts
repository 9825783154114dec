import { EnvironmentStartError, EnvironmentWaitsError } from "#environment/environment.ts";
import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline, PipelineEnvironment } from "#pipeline/pipeline.ts";
import { sizeOf } from "#project/runner-size.ts";
import type { Place } from "#store/place-store.ts";
import type { Host, Ports, ServiceDeps } from "../deps.ts";
import { accessOf } from "./environment-ref.ts";
import { mustStandInLine, placeOf, shutLine, standInLine } from "./line.ts";

/** Time for provisioning and the first call, in addition to the provider's own queue. */
const ticketMinutes = 15;

/**
 * Starts an environment, or finds that it was started. The ticket in it is worthless after one exchange. If there is no
 * capacity, or if others wait, the environment is added to the queue. `offered` means that it is first in the queue.
 */
export async function startEnvironment(
  deps: ServiceDeps,
  pipeline: Pipeline,
  environment: PipelineEnvironment,
  offered = false,
): Promise<PipelineEvent> {
  const settings = await deps.settings(pipeline);
  const size = sizeOf(environment.runnerTags, settings?.runnerSizes);
  const place = placeOf(pipeline, environment, size);
  if (!offered && (await mustStandInLine(deps, place))) {
    return standInLine(deps, place, environment);
  }
  if ((await deps.environments.hasRoomFor?.(environment.id)) === false) {
    return refused(deps, place, environment);
  }
  const ticket = deps.randomToken();
  const ticketSeconds = ticketMinutes * 60 + (deps.environments.queueSeconds ?? 0);
  await deps.store.tokens.put(deps.hash(ticket), {
    kind: "ticket",
    environmentId: environment.id,
    pipelineId: pipeline.id,
    expiresAt: new Date(deps.now() + ticketSeconds * 1000).toISOString(),
  });
  try {
    const { handle, compute } = await deps.environments.start({
      id: environment.id,
      pipelineId: pipeline.id,
      project: pipeline.project,
      access: accessOf(pipeline),
      executor: environment.executor,
      privileged: environment.privileged,
      ...(settings?.allowMetadata === true && { allowMetadata: true }),
      capacity: environment.capacity,
      runnerTags: environment.runnerTags,
      ...size,
      // An environment from the queue was not started before, so no existing build has to be searched for.
      ...(!offered && { wantedAt: environment.wantedAt }),
      apiUrl: deps.server.url,
      ticket,
      timeoutSeconds: environmentTimeoutSeconds(pipeline),
    });
    return {
      type: "environment_started",
      environmentId: environment.id,
      handle,
      ...(compute && { compute }),
    };
  } catch (error) {
    if (error instanceof EnvironmentWaitsError) {
      return refused(deps, place, environment, error.message);
    }
    const problem = error instanceof Error ? error.message : String(error);
    deps.log("error", "an environment could not be started", {
      pipeline: pipeline.id,
      environment: environment.id,
      problem,
    });
    return {
      type: "environment_start_failed",
      environmentId: environment.id,
      problem,
      permanent: error instanceof EnvironmentStartError && error.permanent,
    };
  }
}

async function refused(
  deps: Pick<Ports, "store"> & Pick<Host, "now">,
  place: Place,
  environment: PipelineEnvironment,
  reason?: string,
): Promise<PipelineEvent> {
  await shutLine(deps, place.size);
  return standInLine(deps, place, environment, reason);
}

/** Long enough for every job that could still run in it, one after another, within a day. */
function environmentTimeoutSeconds(pipeline: Pipeline): number {
  const jobs = pipeline.jobs.reduce((sum, job) => sum + job.timeoutSeconds, 600);
  return Math.min(jobs, 24 * 3600);
}
