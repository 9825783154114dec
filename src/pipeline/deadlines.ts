import { defined } from "#language/defined.ts";
import { mayExit, type WorkAhead, workAhead } from "./availability.ts";
import type { Ending } from "./end-jobs.ts";
import { nextStartMs } from "./environment-events.ts";
import {
  type EnvironmentLoads,
  environmentLoads,
  freeCapacity,
  isLive,
  kindOfEnvironment,
  kindOfJob,
} from "./environment-load.ts";
import type { Job, Pipeline, PipelineEnvironment } from "./pipeline.ts";
import { isWithRunner } from "./status.ts";
import { epochMs } from "./time.ts";
import { isWaiting } from "./waiting.ts";

/** A change that happens because a time is reached: `at`, in epoch milliseconds. */
export type Deadline = { readonly at: number } & (
  | { readonly kind: "start_job"; readonly jobId: number }
  | { readonly kind: "end_job"; readonly jobId: number; readonly ending: Ending }
  /** With a problem, the environment does not work. Without one, it did not exit when it was told to. */
  | { readonly kind: "stop_environment"; readonly environmentId: string; readonly problem?: string }
  | { readonly kind: "start_environment"; readonly environmentId: string }
);

/** The runner enforces the script's time limit. This margin covers preparation, `after_script`, uploads, and a dead runner. */
const timeoutGraceSeconds = 600;
const contactSeconds = 300;
/** `after_script` of a canceled job has five minutes. */
const cancelGraceSeconds = 360;
const startSeconds = 600;
const stuckSeconds = 3600;
const leaveSeconds = 60;
const idleSeconds = 300;

export function deadlines(pipeline: Pipeline): readonly Deadline[] {
  const found: Deadline[] = [];
  const loads = environmentLoads(pipeline);
  const ahead = workAhead(pipeline);
  const kinds = new Set(pipeline.environments.filter(isLive).map(kindOfEnvironment));
  // An environment that waits for capacity may delay environments of other kinds, too.
  const inLine = pipeline.environments.some(standsInLine);
  const silence = new Map<string, number>();
  const oldestPending = new Map<string, number>();
  let lastFinished = epochMs(pipeline.createdAt);
  for (const job of pipeline.jobs) {
    if (job.finishedAt !== undefined)
      lastFinished = Math.max(lastFinished, epochMs(job.finishedAt));
    if (job.retried) continue;
    found.push(
      ...jobDeadlines(job, (pending) => inLine || kinds.has(kindOfJob(pipeline, pending))),
    );
    if (isWithRunner(job.status) && job.environmentId !== undefined) {
      const at = Math.max(silence.get(job.environmentId) ?? 0, contactDeadline(job));
      silence.set(job.environmentId, at);
    }
    if (job.status === "pending" && job.trigger === undefined && job.queuedAt !== undefined) {
      const kind = kindOfJob(pipeline, job);
      const at = epochMs(job.queuedAt);
      oldestPending.set(kind, Math.min(oldestPending.get(kind) ?? at, at));
    }
  }
  for (const environment of pipeline.environments) {
    const deadline = environmentDeadline(environment, loads, {
      ahead,
      silentAt: silence.get(environment.id),
      lastFinished,
      oldestPending: oldestPending.get(kindOfEnvironment(environment)),
    });
    if (deadline !== undefined) found.push(deadline);
    if (
      environment.state === "wanted" &&
      environment.startFailures > 0 &&
      !isWaiting(environment)
    ) {
      const at = nextStartMs(environment);
      found.push({ kind: "start_environment", environmentId: environment.id, at });
    }
  }
  return found;
}

function jobDeadlines(job: Job, hasEnvironment: (job: Job) => boolean): readonly Deadline[] {
  // A trigger job runs as long as its child pipeline.
  if (job.childPipelineId !== undefined && job.status !== "canceling") return [];
  switch (job.status) {
    case "scheduled":
      return job.scheduledAt === undefined
        ? []
        : [{ kind: "start_job", jobId: job.id, at: epochMs(job.scheduledAt) }];
    case "pending":
      return job.queuedAt === undefined || (job.trigger === undefined && hasEnvironment(job))
        ? []
        : [failure(job, "stuck_or_timeout_failure", afterSeconds(job.queuedAt, stuckSeconds))];
    case "running":
      return [
        failure(
          job,
          "job_execution_timeout",
          afterSeconds(job.startedAt ?? job.createdAt, job.timeoutSeconds + timeoutGraceSeconds),
        ),
        failure(job, "runner_system_failure", contactDeadline(job)),
      ];
    case "canceling":
      return [
        failure(
          job,
          "unknown_failure",
          afterSeconds(job.cancelingAt ?? job.createdAt, cancelGraceSeconds),
        ),
      ];
    case "created":
    case "waiting_for_resource":
    case "preparing":
    case "waiting_for_callback":
    case "success":
    case "failed":
    case "canceled":
    case "skipped":
    case "manual":
      return [];
  }
}

type Surroundings = {
  readonly ahead: WorkAhead;
  readonly silentAt: number | undefined;
  readonly lastFinished: number;
  readonly oldestPending: number | undefined;
};

function environmentDeadline(
  environment: PipelineEnvironment,
  loads: EnvironmentLoads,
  around: Surroundings,
): Deadline | undefined {
  const stop = (at: number, problem?: string): Deadline => ({
    kind: "stop_environment",
    environmentId: environment.id,
    at,
    ...defined({ problem }),
  });
  if (environment.state === "wanted" || environment.state === "starting") {
    if (standsInLine(environment)) return undefined;
    const { startedAt, turnAt, wantedAt } = environment;
    return stop(
      afterSeconds(startedAt ?? turnAt ?? wantedAt, startSeconds),
      "It did not start in time",
    );
  }
  if (environment.state !== "running") return undefined;
  if (around.silentAt !== undefined) return stop(around.silentAt, "Its runner fell silent");
  const runningAt = epochMs(environment.runningAt ?? environment.wantedAt);
  if (mayExit(environment, loads, around.ahead)) {
    const { lastFinishedAt } = loads(environment.id);
    const idleFrom = lastFinishedAt === undefined ? around.lastFinished : epochMs(lastFinishedAt);
    const from = freeCapacity(environment, loads) > 0 ? around.lastFinished : idleFrom;
    return stop(Math.max(runningAt, from) + leaveSeconds * 1000);
  }
  if (around.oldestPending === undefined) return undefined;
  const heardAt = epochMs(environment.contactAt ?? environment.runningAt ?? environment.wantedAt);
  return stop(
    Math.max(heardAt, around.oldestPending) + idleSeconds * 1000,
    "Its runner asked for no job",
  );
}

/** Whether the environment waits in Slipway's queue, or is accepted and waits in the provider's own queue. */
function standsInLine(environment: PipelineEnvironment): boolean {
  return (
    isWaiting(environment) ||
    (environment.state === "starting" && environment.waitsFor !== undefined)
  );
}

function failure(
  job: Job,
  failureReason: NonNullable<Ending["failureReason"]>,
  at: number,
): Deadline {
  return { kind: "end_job", jobId: job.id, at, ending: { state: "failed", failureReason } };
}

function contactDeadline(job: Job): number {
  return afterSeconds(job.contactAt ?? job.startedAt ?? job.createdAt, contactSeconds);
}

function afterSeconds(instant: string, seconds: number): number {
  return epochMs(instant) + seconds * 1000;
}
