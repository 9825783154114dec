// Creates, finds and changes the rows of a pipeline's jobs, without changing the given pipeline.
import { defined } from "#language/defined.ts";
import type { Plan, PlannedJob, TriggerOptions } from "#language/plan.ts";
import type { Job, Pipeline, PipelineSettings } from "./pipeline.ts";

const rowsPerPipeline = 100_000;

function jobIdOf(pipelineId: number, row: number): number {
  return pipelineId * rowsPerPipeline + row;
}

/** The pipeline that a job belongs to, read from its id. */
export function pipelineIdOfJob(jobId: number): number {
  return Math.floor(jobId / rowsPerPipeline);
}

export function findJob(pipeline: Pipeline, jobId: number): Job | undefined {
  if (pipelineIdOfJob(jobId) !== pipeline.id) return undefined;
  return pipeline.jobs[jobId - jobIdOf(pipeline.id, 1)];
}

/** The last attempt of each job, in the order of rows. Earlier attempts do not count. */
export function currentJobs(pipeline: Pipeline): readonly Job[] {
  return pipeline.jobs.filter((job) => !job.retried);
}

/** Returns the same pipeline object if `change` returns every job unchanged. */
export function changeJobs(pipeline: Pipeline, change: (job: Job) => Job): Pipeline {
  let changed = false;
  const jobs = pipeline.jobs.map((job) => {
    const next = change(job);
    changed ||= next !== job;
    return next;
  });
  return changed ? { ...pipeline, jobs } : pipeline;
}

export function changeJob(pipeline: Pipeline, jobId: number, change: (job: Job) => Job): Pipeline {
  const job = findJob(pipeline, jobId);
  if (job === undefined) return pipeline;
  const next = change(job);
  return next === job
    ? pipeline
    : { ...pipeline, jobs: pipeline.jobs.with(jobId - jobIdOf(pipeline.id, 1), next) };
}

export function firstRows(
  pipelineId: number,
  plan: Plan,
  settings: PipelineSettings,
  now: string,
): readonly Job[] {
  return plan.jobs.map((planned, index) => ({
    ...ofPlan(planned, settings),
    id: jobIdOf(pipelineId, index + 1),
    planIndex: index,
    status: "created",
    retried: false,
    attempt: 0,
    systemFailures: 0,
    createdAt: now,
  }));
}

function ofPlan(planned: PlannedJob, settings: PipelineSettings) {
  return {
    name: planned.name,
    stage: planned.stage,
    when: planned.when,
    allowFailure: planned.allowFailure,
    retry: planned.retry,
    interruptible: planned.interruptible,
    timeoutSeconds: planned.timeoutSeconds ?? settings.jobTimeoutSeconds,
    runnerTags: planned.runnerTags,
    ...defined({
      allowFailureExitCodes: planned.allowFailureExitCodes,
      needs: planned.needs,
      resourceGroup: planned.resourceGroup,
      startInSeconds: planned.startInSeconds,
    }),
    ...(planned.coverage !== undefined && { readsCoverage: true as const }),
    ...deploymentOf(planned),
    ...(planned.trigger && { trigger: ofTrigger(planned.trigger) }),
  };
}

/** `prepare`, `verify` and `access` change nothing about an environment. */
function deploymentOf({ deploymentEnvironment }: PlannedJob): Pick<Job, "deployment"> {
  const action = deploymentEnvironment?.action;
  return action === "start" || action === "stop" ? { deployment: { action } } : {};
}

function ofTrigger({ strategy }: TriggerOptions): NonNullable<Job["trigger"]> {
  return strategy === undefined ? {} : { strategy };
}

export type NextAttempt = {
  readonly attempt: number;
  readonly systemFailures: number;
  /** Whether a manual or delayed job starts at once instead of waiting again. */
  readonly atOnce: boolean;
};

/** A fresh row for the same job; `row` is its 1-based number. */
export function nextRow(job: Job, pipelineId: number, row: number, now: string, next: NextAttempt) {
  const fresh: Job = {
    id: jobIdOf(pipelineId, row),
    name: job.name,
    stage: job.stage,
    status: "created",
    when: job.when,
    // `allow_failure:exit_codes` changed this value for the old attempt only.
    allowFailure: job.allowFailureExitCodes === undefined && job.allowFailure,
    retry: job.retry,
    interruptible: job.interruptible,
    timeoutSeconds: job.timeoutSeconds,
    runnerTags: job.runnerTags,
    planIndex: job.planIndex,
    retried: false,
    attempt: next.attempt,
    systemFailures: next.systemFailures,
    createdAt: now,
    ...defined({
      allowFailureExitCodes: job.allowFailureExitCodes,
      needs: job.needs,
      resourceGroup: job.resourceGroup,
      startInSeconds: job.startInSeconds,
    }),
    ...(job.readsCoverage && { readsCoverage: true as const }),
    ...(job.deployment && { deployment: { action: job.deployment.action } }),
    ...defined({ trigger: job.trigger }),
    ...(next.atOnce && job.scheduledAt !== undefined && { scheduledAt: job.scheduledAt }),
    ...(next.atOnce && job.playedBy && { playedBy: job.playedBy }),
  };
  return fresh;
}
