import { isShared } from "./environment-load.ts";
import { type Executor, executors, type Job, type Pipeline } from "./pipeline.ts";
import { epochMs } from "./time.ts";
import { billedMinutes } from "./usage.ts";

export type Overhead = {
  /** Seconds from an accepted start until the runner is ready. */
  readonly provisioningSeconds: number;
  /** Seconds from the end of the last job until the machine is removed. */
  readonly leavingSeconds: number;
};

export type UsageAsIf = {
  readonly executor: Executor;
  readonly environments: number;
  readonly minutes: number;
};

/**
 * Calculates what the recorded jobs would take with each executor. The jobs' own times are kept, so savings inside a
 * job (existing layers, an image that need not be pulled) are not included.
 */
export function usageAsIf(
  pipeline: Pipeline,
  overhead: Overhead,
  now: string,
): readonly UsageAsIf[] {
  const jobs = pipeline.jobs.flatMap((job) => timesOf(job, now));
  const own = pipeline.settings;
  return executors.map((executor) => {
    const seconds = isShared({ executor })
      ? sharedSeconds(jobs, Math.max(1, executor === own.executor ? own.capacity : 1))
      : jobs.map(({ start, end }) => (end - start) / 1000);
    const whole = overhead.provisioningSeconds + overhead.leavingSeconds;
    return {
      executor,
      environments: seconds.length,
      minutes: seconds.reduce((sum, each) => sum + billedMinutes(each + whole), 0),
    };
  });
}

type Times = { readonly ready: number; readonly start: number; readonly end: number };

/** Jobs that a runner had, in epoch milliseconds. */
function timesOf(job: Job, now: string): readonly Times[] {
  if (job.startedAt === undefined || job.environmentId === undefined) return [];
  const start = epochMs(job.startedAt);
  return [
    {
      ready: Math.min(start, epochMs(job.queuedAt ?? job.startedAt)),
      start,
      end: Math.max(start, epochMs(job.finishedAt ?? now)),
    },
  ];
}

/**
 * Models one environment that runs several jobs, at most `capacity` at a time. A job begins when there is room and
 * when the jobs that had ended before it was ready have ended here, too.
 */
function sharedSeconds(jobs: readonly Times[], capacity: number): readonly number[] {
  if (jobs.length === 0) return [];
  const hands = Array.from({ length: capacity }, () => 0);
  const ends: { readonly recorded: number; readonly here: number }[] = [];
  for (const job of jobs.toSorted((a, b) => a.ready - b.ready || a.start - b.start)) {
    const before = ends.filter(({ recorded }) => recorded <= job.ready);
    const free = Math.min(...hands);
    const start = Math.max(free, ...before.map(({ here }) => here));
    const here = start + (job.end - job.start);
    hands[hands.indexOf(free)] = here;
    ends.push({ recorded: job.end, here });
  }
  return [Math.max(...hands) / 1000];
}
