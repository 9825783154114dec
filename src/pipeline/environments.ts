import { mayExit, workAhead } from "./availability.ts";
import {
  type EnvironmentLoads,
  environmentLoads,
  isLive,
  isShared,
  uncoveredJobs,
} from "./environment-load.ts";
import type { Job, Pipeline, PipelineEnvironment } from "./pipeline.ts";
import { hasPassed } from "./time.ts";

/** The same pipeline where there is no such environment or `change` returns it as it was. */
export function changeEnvironment(
  pipeline: Pipeline,
  environmentId: string,
  change: (environment: PipelineEnvironment) => PipelineEnvironment,
): Pipeline {
  return changeEnvironments(pipeline, (environment) =>
    environment.id === environmentId ? change(environment) : environment,
  );
}

export function changeEnvironments(
  pipeline: Pipeline,
  change: (environment: PipelineEnvironment) => PipelineEnvironment,
): Pipeline {
  let changed = false;
  const environments = pipeline.environments.map((environment) => {
    const next = change(environment);
    changed ||= next !== environment;
    return next;
  });
  return changed ? { ...pipeline, environments } : pipeline;
}

/**
 * Requests an environment for every ready job that has none on its way, up to the project's limit, and drops requested
 * environments that have not started and that no job needs. Running environments are told to exit instead.
 */
export function planEnvironments(pipeline: Pipeline, now: string): Pipeline {
  const loads = environmentLoads(pipeline);
  const ahead = workAhead(pipeline);
  const kept = changeEnvironments(pipeline, (environment) =>
    (environment.state === "wanted" || environment.state === "starting") &&
    mayExit(environment, loads, ahead)
      ? { ...environment, state: "stopping" }
      : environment,
  );
  const uncovered = uncoveredJobs(kept, loads);
  const wanted = uncovered
    .slice(0, roomForMore(kept, loads))
    .map((job, index) => environmentFor(kept, job, lastNumber(kept) + index + 1, now));
  return wanted.length === 0 ? kept : { ...kept, environments: [...kept.environments, ...wanted] };
}

/** Ended environments that people may still want to see. */
const keptEnded = 100;
/** A late event about an ended environment may still arrive within this time. */
const forgetSeconds = 600;

/** Removes environments that ended long ago, so that a long pipeline with many retries can still be stored. */
export function forgetEnvironments(pipeline: Pipeline, now: string): Pipeline {
  const newest = pipeline.environments.at(-1);
  let ended = pipeline.environments.filter(({ state }) => state === "ended").length;
  if (ended <= keptEnded) return pipeline;
  const environments = pipeline.environments.filter((environment) => {
    if (environment === newest || environment.state !== "ended") return true;
    if (ended <= keptEnded) return true;
    if (!hasPassed(environment.endedAt, forgetSeconds, now)) return true;
    ended -= 1;
    return false;
  });
  return environments.length === pipeline.environments.length
    ? pipeline
    : { ...pipeline, environments };
}

function idPrefix(pipeline: Pipeline): string {
  return `p${pipeline.id}-e`;
}

/** The newest environment is never removed, so its number is the highest number that was ever used. */
function lastNumber(pipeline: Pipeline): number {
  const newest = pipeline.environments.at(-1);
  return newest === undefined ? 0 : Number(newest.id.slice(idPrefix(pipeline).length));
}

/** An environment that has finished its only job is about to exit and does not count against the limit. */
function roomForMore(pipeline: Pipeline, loads: EnvironmentLoads): number {
  const held = pipeline.environments.filter((environment) => {
    const { taken, busy } = loads(environment.id);
    return isLive(environment) && (isShared(environment) || taken === 0 || busy > 0);
  }).length;
  const limit = isShared(pipeline.settings) ? 1 : pipeline.settings.maxEnvironments;
  return Math.max(0, Math.min(limit, pipeline.settings.maxEnvironments) - held);
}

function environmentFor(
  pipeline: Pipeline,
  job: Job,
  number: number,
  now: string,
): PipelineEnvironment {
  const { executor, privileged, capacity } = pipeline.settings;
  const shared = isShared(pipeline.settings);
  const tags = shared ? pipeline.jobs.flatMap((each) => each.runnerTags) : job.runnerTags;
  return {
    id: `${idPrefix(pipeline)}${number}`,
    state: "wanted",
    executor,
    privileged,
    runnerTags: [...new Set(tags)].sort(),
    capacity: shared ? Math.max(1, capacity) : 1,
    wantedAt: now,
    startFailures: 0,
  };
}
