import { findEnvironment } from "./availability.ts";
import { type Ending, endJobs } from "./end-jobs.ts";
import {
  environmentLoads,
  kindOfEnvironment,
  kindOfJob,
  uncoveredJobs,
} from "./environment-load.ts";
import { changeEnvironment } from "./environments.ts";
import type { Pipeline, PipelineEnvironment } from "./pipeline.ts";
import { epochMs } from "./time.ts";

/** Seconds after it was wanted until the next start is tried, by the number of starts that failed. */
const startDelays = [0, 5, 20, 60, 180] as const;

/** When its next start is due, in epoch milliseconds. */
export function nextStartMs(environment: PipelineEnvironment): number {
  return epochMs(environment.wantedAt) + (startDelays[environment.startFailures] ?? 0) * 1000;
}

export function noteEnvironmentStarted(
  pipeline: Pipeline,
  environmentId: string,
  handle: string,
  now: string,
): Pipeline {
  return changeEnvironment(pipeline, environmentId, (environment) => {
    if (environment.handle !== undefined) return environment;
    const started = { ...environment, handle, startedAt: now };
    switch (environment.state) {
      case "wanted":
        return { ...started, state: "starting" };
      case "starting":
      case "running":
      case "stopping":
        return started;
      case "ended":
        // Started after all, by a worker that was late: nobody waits for it any more.
        return environment.runningAt === undefined ? { ...started, state: "stopping" } : started;
    }
  });
}

/** A start that failed is tried again some times; then, or where that cannot help, its jobs fail. */
export function noteStartFailed(
  pipeline: Pipeline,
  environmentId: string,
  failure: { readonly problem: string; readonly permanent: boolean },
  now: string,
): Pipeline {
  const environment = findEnvironment(pipeline, environmentId);
  if (environment?.state !== "wanted") return pipeline;
  const startFailures = environment.startFailures + 1;
  if (!failure.permanent && startFailures < startDelays.length) {
    return changeEnvironment(pipeline, environmentId, (wanted) => ({ ...wanted, startFailures }));
  }
  const failed = changeEnvironment(pipeline, environmentId, (wanted) => ({
    ...wanted,
    startFailures,
    state: "stopping",
    problem: failure.problem,
  }));
  return blame(failed, environment, failure.permanent ? "every attempt" : "one attempt", now);
}

export function noteEnvironmentEnded(
  pipeline: Pipeline,
  environmentId: string,
  problem: string | undefined,
  now: string,
): Pipeline {
  const environment = findEnvironment(pipeline, environmentId);
  if (environment === undefined || environment.state === "ended") return pipeline;
  const ended = changeEnvironment(pipeline, environmentId, (live) => ({
    ...live,
    state: "ended",
    endedAt: now,
    ...(problem !== undefined && live.problem === undefined && { problem }),
  }));
  const orphans = new Map<number, Ending>();
  for (const job of pipeline.jobs) {
    if (job.environmentId === environmentId && job.startedAt !== undefined) {
      orphans.set(job.id, { state: "failed", failureReason: "runner_system_failure" });
    }
  }
  const without = endJobs(ended, orphans, now);
  return environment.state === "stopping"
    ? without
    : blame(without, environment, "one attempt", now);
}

/** Stops an environment that does not do its work. */
export function giveUpEnvironment(
  pipeline: Pipeline,
  environmentId: string,
  problem: string | undefined,
  now: string,
): Pipeline {
  const environment = findEnvironment(pipeline, environmentId);
  if (environment === undefined) return pipeline;
  const stopping = changeEnvironment(pipeline, environmentId, (live) => ({
    ...live,
    state: "stopping",
    ...(problem !== undefined && { problem }),
  }));
  return problem === undefined ? stopping : blame(stopping, environment, "one attempt", now);
}

/**
 * An environment that went without ever taking a job costs the ready jobs it was meant for an attempt, so
 * that a machine that never starts ends the pipeline instead of being started for ever. Jobs that became
 * ready only after it was wanted are not its doing. `every attempt`: starting again cannot help any of them.
 */
function blame(
  pipeline: Pipeline,
  environment: PipelineEnvironment,
  cost: "one attempt" | "every attempt",
  now: string,
): Pipeline {
  if (environmentLoads(pipeline)(environment.id).taken > 0) return pipeline;
  const kind = kindOfEnvironment(environment);
  const stranded = uncoveredJobs(pipeline).filter((job) => kindOfJob(pipeline, job) === kind);
  const wantedAt = epochMs(environment.wantedAt);
  const share =
    cost === "every attempt"
      ? stranded
      : stranded
          .filter((job) => job.queuedAt !== undefined && epochMs(job.queuedAt) <= wantedAt)
          .slice(0, environment.capacity);
  const ending: Ending = {
    state: "failed",
    failureReason: "runner_system_failure",
    environmentId: environment.id,
    ...(cost === "every attempt" && { final: true }),
  };
  return endJobs(pipeline, new Map(share.map((job) => [job.id, ending])), now);
}
