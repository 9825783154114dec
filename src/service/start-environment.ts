import { EnvironmentStartError, EnvironmentWaitsError } from "#environment/environment.ts";
import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline, PipelineEnvironment } from "#pipeline/pipeline.ts";
import { sizeOf } from "#project/runner-size.ts";
import type { ServiceDeps } from "./deps.ts";
import { accessOf } from "./environment-ref.ts";

/** For provisioning and the first call, beside the provider's own queue. */
const ticketMinutes = 15;

/** Starts an environment where there is room, or finds it started; the ticket in it is worth nothing after one exchange. */
export async function startEnvironment(
  deps: ServiceDeps,
  pipeline: Pipeline,
  environment: PipelineEnvironment,
): Promise<PipelineEvent> {
  if ((await deps.environments.hasRoomFor?.(environment.id)) === false) {
    return { type: "environment_waits", environmentId: environment.id };
  }
  const ticket = deps.randomToken();
  const ticketSeconds = ticketMinutes * 60 + (deps.environments.queueSeconds ?? 0);
  await deps.store.tokens.put(deps.hash(ticket), {
    kind: "ticket",
    environmentId: environment.id,
    pipelineId: pipeline.id,
    expiresAt: new Date(deps.now() + ticketSeconds * 1000).toISOString(),
  });
  const settings = await deps.settings(pipeline.forge, pipeline.project);
  try {
    const { handle } = await deps.environments.start({
      id: environment.id,
      pipelineId: pipeline.id,
      project: pipeline.project,
      access: accessOf(pipeline),
      executor: environment.executor,
      privileged: environment.privileged,
      capacity: environment.capacity,
      runnerTags: environment.runnerTags,
      ...sizeOf(environment.runnerTags, settings?.runnerSizes),
      wantedAt: environment.wantedAt,
      apiUrl: deps.server.url,
      ticket,
      timeoutSeconds: environmentTimeoutSeconds(pipeline),
    });
    return { type: "environment_started", environmentId: environment.id, handle };
  } catch (error) {
    if (error instanceof EnvironmentWaitsError) {
      const { message: reason } = error;
      return { type: "environment_waits", environmentId: environment.id, reason };
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

/** Long enough for every job that could still run in it, one after another, within a day. */
function environmentTimeoutSeconds(pipeline: Pipeline): number {
  const jobs = pipeline.jobs.reduce((sum, job) => sum + job.timeoutSeconds, 600);
  return Math.min(jobs, 24 * 3600);
}
