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

/** A delayed job that is this near keeps a shared environment, and its layers, waiting. */
const worthWaitingSeconds = 300;

/** Pending jobs that this environment's runner may take now, first come first; none when it has no room. */
export function availableJobs(pipeline: Pipeline, environmentId: string): readonly Job[] {
  const environment = findEnvironment(pipeline, environmentId);
  if (environment === undefined) return [];
  if (freeCapacity(environment, environmentLoads(pipeline)) === 0) return [];
  const kind = kindOfEnvironment(environment);
  return pendingJobs(pipeline).filter((job) => kindOfJob(pipeline, job) === kind);
}

/** Whether no more work can be expected for it, so that its runner is told to leave. */
export function environmentMayExit(pipeline: Pipeline, environmentId: string): boolean {
  const environment = findEnvironment(pipeline, environmentId);
  if (environment === undefined) return true;
  return mayExit(environment, environmentLoads(pipeline), workAhead(pipeline));
}

/** Work that is there or on its way, for all environments of a pipeline at once. */
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

/** As `environmentMayExit`, for callers that look at many environments. */
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

/** Whether a runner of this environment may be given a job; that of no environment of the pipeline may not. */
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
