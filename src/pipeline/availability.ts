import {
  type EnvironmentLoads,
  environmentLoads,
  freeCapacity,
  isLive,
  isShared,
  kindOfEnvironment,
  kindOfJob,
  pendingJobs,
} from "./environment-load.ts";
import type { Job, Pipeline, PipelineEnvironment } from "./pipeline.ts";
import { isActive } from "./status.ts";

/** A shared environment, with its layers, waits for a delayed job that is due within this time. */
const worthWaitingSeconds = 300;

/** Pending jobs that this environment's runner may take now, first come first; none when it has no room. */
export function availableJobs(pipeline: Pipeline, environmentId: string): readonly Job[] {
  const environment = findEnvironment(pipeline, environmentId);
  if (environment === undefined) return [];
  if (freeCapacity(environment, environmentLoads(pipeline)) === 0) return [];
  const kind = kindOfEnvironment(environment);
  return pendingJobs(pipeline).filter((job) => kindOfJob(pipeline, job) === kind);
}

/** Whether the environment can expect no more work, so that its runner is told to exit. */
export function environmentMayExit(pipeline: Pipeline, environmentId: string): boolean {
  const environment = findEnvironment(pipeline, environmentId);
  if (environment === undefined) return true;
  return mayExit(environment, environmentLoads(pipeline), workAhead(pipeline));
}

/** The work that exists or will follow, for all environments of a pipeline at once. */
export type WorkAhead = {
  /** Kinds of environments that a pending job waits for. */
  readonly pendingKinds: ReadonlySet<string>;
  /** Whether a shared environment can expect more. */
  readonly promised: boolean;
};

export function workAhead(pipeline: Pipeline): WorkAhead {
  const kinds = pendingJobs(pipeline).map((job) => kindOfJob(pipeline, job));
  return { pendingKinds: new Set(kinds), promised: pipeline.jobs.some(promisesWork) };
}

/** Does the same as `environmentMayExit`, for callers that check many environments. */
export function mayExit(
  environment: PipelineEnvironment,
  loads: EnvironmentLoads,
  ahead: WorkAhead,
): boolean {
  if (!isLive(environment)) return true;
  const { taken, busy } = loads(environment.id);
  if (busy > 0) return false;
  if (isShared(environment)) return !ahead.promised;
  return taken > 0 || !ahead.pendingKinds.has(kindOfEnvironment(environment));
}

/** Whether a runner of this environment may be given a job. A runner from outside the pipeline's environments never may. */
export function hasRoom(pipeline: Pipeline, environmentId: string): boolean {
  const environment = findEnvironment(pipeline, environmentId);
  return environment !== undefined && freeCapacity(environment, environmentLoads(pipeline)) > 0;
}

export function findEnvironment(
  pipeline: Pipeline,
  environmentId: string,
): PipelineEnvironment | undefined {
  return pipeline.environments.find((environment) => environment.id === environmentId);
}

function promisesWork(job: Job): boolean {
  if (job.retried || job.trigger !== undefined) return false;
  if (job.status !== "scheduled") return isActive(job.status);
  return (job.startInSeconds ?? 0) <= worthWaitingSeconds;
}
