import type { ComputeSize, Executor, Job, Pipeline, PipelineEnvironment } from "./pipeline.ts";
import { epochMs } from "./time.ts";

/** What one environment took, from its recorded times. */
export type EnvironmentUsage = {
  readonly id: string;
  readonly executor: Executor;
  /** Absent where no machine was hired. */
  readonly compute?: ComputeSize;
  readonly jobs: number;
  /** From the accepted start to its end, or until now. */
  readonly seconds: number;
  /** As they are billed: a minute that was begun counts. */
  readonly minutes: number;
  /** In line for a place, before the start: not billed. */
  readonly waitedSeconds: number;
  /** From the accepted start to the first word of its runner; absent where it never spoke. */
  readonly provisioningSeconds?: number;
};

/** Environments that got a place, oldest first; one that ended long ago may be forgotten. */
export function environmentUsage(pipeline: Pipeline, now: string): readonly EnvironmentUsage[] {
  return pipeline.environments.flatMap((environment) => {
    const startedAt = placedAt(environment);
    if (startedAt === undefined) return [];
    const { id, executor, compute, waitsSince, runningAt, endedAt } = environment;
    const seconds = between(startedAt, endedAt ?? now);
    return [
      {
        id,
        executor,
        ...(compute && { compute }),
        jobs: pipeline.jobs.filter(({ environmentId }) => environmentId === id).length,
        seconds,
        minutes: billedMinutes(seconds),
        waitedSeconds: waitsSince === undefined ? 0 : between(waitsSince, startedAt),
        ...(runningAt && { provisioningSeconds: between(startedAt, runningAt) }),
      },
    ];
  });
}

/** Begun minutes count whole. */
export function billedMinutes(seconds: number): number {
  return Math.max(1, Math.ceil(seconds / 60));
}

/** How long a job waited for its environment, told apart from the line for places. */
export type JobStart = { readonly waitedSeconds: number; readonly provisioningSeconds: number };

/**
 * Undefined while its environment has not started. Nothing counts before the job was ready: one that finds a warm
 * environment waited for nothing.
 */
export function jobStart(pipeline: Pipeline, job: Job): JobStart | undefined {
  const environment = pipeline.environments.find(({ id }) => id === job.environmentId);
  if (environment?.runningAt === undefined) return undefined;
  const startedAt = placedAt(environment) ?? environment.runningAt;
  const readyAt = job.queuedAt ?? job.createdAt;
  const { waitsSince = startedAt, runningAt } = environment;
  return {
    waitedSeconds: between(latest(waitsSince, readyAt), startedAt),
    provisioningSeconds: between(latest(startedAt, readyAt), runningAt),
  };
}

/** A start whose acceptance was not heard of shows by its runner. */
function placedAt({ startedAt, runningAt }: PipelineEnvironment): string | undefined {
  return startedAt ?? runningAt;
}

function latest(a: string, b: string): string {
  return epochMs(a) >= epochMs(b) ? a : b;
}

/** Seconds, to a tenth; never less than nothing. */
function between(from: string, to: string): number {
  return Math.max(0, Math.round((epochMs(to) - epochMs(from)) / 100) / 10);
}
