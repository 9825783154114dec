import type { ComputeSize, Executor, Job, Pipeline, PipelineEnvironment } from "./pipeline.ts";
import { epochMs } from "./time.ts";

/** The usage of one environment, from its recorded times. */
export type EnvironmentUsage = {
  readonly id: string;
  readonly executor: Executor;
  /** Absent if no machine was hired. */
  readonly compute?: ComputeSize;
  readonly jobs: number;
  /** From the accepted start to its end, or until now. */
  readonly seconds: number;
  /** Billed minutes: each started minute counts as a whole one. */
  readonly minutes: number;
  /** Seconds in the queue for capacity before the start. They are not billed. */
  readonly waitedSeconds: number;
  /** Seconds from the accepted start to the runner's first request. Absent if the runner never called. */
  readonly provisioningSeconds?: number;
};

/** Environments that got a place, oldest first. Those that ended long ago may be missing. */
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

/** Each started minute counts as a whole one. */
export function billedMinutes(seconds: number): number {
  return Math.max(1, Math.ceil(seconds / 60));
}

/** How long a job waited for its environment, and separately for capacity. */
export type JobStart = { readonly waitedSeconds: number; readonly provisioningSeconds: number };

/**
 * Undefined while the job's environment has not started. Time before the job was ready does not count, so a job that
 * finds a warm environment has waited 0 seconds.
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

/** If the acceptance of a start was not recorded, the runner's first request shows that it was accepted. */
function placedAt({ startedAt, runningAt }: PipelineEnvironment): string | undefined {
  return startedAt ?? runningAt;
}

function latest(a: string, b: string): string {
  return epochMs(a) >= epochMs(b) ? a : b;
}

/** Seconds, rounded to a tenth and never negative. */
function between(from: string, to: string): number {
  return Math.max(0, Math.round((epochMs(to) - epochMs(from)) / 100) / 10);
}
