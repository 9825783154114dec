import { defined } from "#language/defined.ts";
import type { Job, Pipeline, PipelineEnvironment } from "./pipeline.ts";
import { isWithRunner } from "./status.ts";
import { later } from "./time.ts";

/** The load of each environment, counted from the jobs of a pipeline. */
export type EnvironmentLoad = {
  /** Number of jobs that the environment's runner has taken so far. */
  readonly taken: number;
  /** Number of those jobs that are still with the runner. */
  readonly busy: number;
  readonly lastFinishedAt?: string;
};

const noLoad: EnvironmentLoad = { taken: 0, busy: 0 };

export type EnvironmentLoads = (environmentId: string) => EnvironmentLoad;

export function environmentLoads(pipeline: Pipeline): EnvironmentLoads {
  const loads = new Map<string, EnvironmentLoad>();
  for (const job of pipeline.jobs) {
    if (job.environmentId === undefined || job.startedAt === undefined) continue;
    const load = loads.get(job.environmentId) ?? noLoad;
    const lastFinishedAt = later(load.lastFinishedAt, job.finishedAt);
    loads.set(job.environmentId, {
      taken: load.taken + 1,
      busy: load.busy + (isWithRunner(job.status) ? 1 : 0),
      ...defined({ lastFinishedAt }),
    });
  }
  return (environmentId) => loads.get(environmentId) ?? noLoad;
}

/** Whether the environment serves several jobs. Other environments serve one job and end. */
export function isShared(environment: Pick<PipelineEnvironment, "executor">): boolean {
  return environment.executor === "docker-socket";
}

/** Whether the environment's own state allows it to take more jobs. */
export function isLive(environment: Pick<PipelineEnvironment, "state">): boolean {
  return (
    environment.state === "wanted" ||
    environment.state === "starting" ||
    environment.state === "running"
  );
}

/** Number of jobs that the environment can take now, or can take once it runs. */
export function freeCapacity(environment: PipelineEnvironment, loads: EnvironmentLoads): number {
  if (!isLive(environment)) return 0;
  const { taken, busy } = loads(environment.id);
  if (isShared(environment)) return Math.max(0, environment.capacity - busy);
  return taken === 0 ? 1 : 0;
}

/** Jobs and environments of the same kind fit each other: by runner tags, unless all jobs share one. */
export function kindOfJob(pipeline: Pipeline, job: Job): string {
  return isShared(pipeline.settings) ? "" : tagsKey(job.runnerTags);
}

export function kindOfEnvironment(environment: PipelineEnvironment): string {
  return isShared(environment) ? "" : tagsKey(environment.runnerTags);
}

/** Jobs that are ready for a runner, oldest row first. */
export function pendingJobs(pipeline: Pipeline): readonly Job[] {
  return pipeline.jobs.filter(
    (job) => job.status === "pending" && !job.retried && job.trigger === undefined,
  );
}

/** Ready jobs for which no existing or starting environment has room, oldest row first. */
export function uncoveredJobs(pipeline: Pipeline, loads: EnvironmentLoads): readonly Job[] {
  const room = new Map<string, number>();
  for (const environment of pipeline.environments) {
    const free = freeCapacity(environment, loads);
    const kind = kindOfEnvironment(environment);
    if (free > 0) room.set(kind, (room.get(kind) ?? 0) + free);
  }
  return pendingJobs(pipeline).filter((job) => {
    const kind = kindOfJob(pipeline, job);
    const left = room.get(kind) ?? 0;
    if (left > 0) room.set(kind, left - 1);
    return left === 0;
  });
}

function tagsKey(tags: readonly string[]): string {
  return [...tags].sort().join("\n");
}
