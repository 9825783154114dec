import { diagnosticText } from "#language/diagnostic.ts";
import { coverageOf } from "#pipeline/coverage.ts";
import type { Job, Pipeline } from "#pipeline/pipeline.ts";
import type { Status } from "#pipeline/status.ts";
import { jobStart } from "#pipeline/usage.ts";
import { deriveView } from "#pipeline/view.ts";
import { jobUrl, pipelineUrl } from "../page-urls.ts";

/** A job as people and programs see it: no hashes, no plan. */
export type JobView = {
  readonly id: number;
  readonly name: string;
  readonly stage: string;
  readonly status: Status;
  readonly when: string;
  readonly allow_failure: boolean;
  readonly retried: boolean;
  readonly failure_reason?: string;
  /** What there is to say beyond the reason, for people. */
  readonly failure_message?: string;
  readonly exit_code?: number;
  /** Percentage that its log told. */
  readonly coverage?: number;
  readonly queued_at?: string;
  readonly started_at?: string;
  readonly finished_at?: string;
  readonly environment?: string;
  /** How long it waited for its environment to start; 0: it found one that was running. */
  readonly provisioning_seconds?: number;
  /** How long it stood in line for build capacity before that. */
  readonly waited_seconds?: number;
  /** The child pipeline that a trigger job made. */
  readonly child?: { readonly id: number; readonly url: string };
  /** Files that can be downloaded. */
  readonly artifacts?: readonly {
    readonly type: string;
    readonly filename: string;
    readonly size: number;
    readonly expire_at?: string;
    readonly url: string;
  }[];
  readonly url: string;
};

export type PipelineView = {
  readonly id: number;
  readonly iid: number;
  readonly project: string;
  readonly ref: string;
  readonly sha: string;
  readonly source: string;
  readonly status: Status;
  readonly title: string;
  readonly created_at: string;
  readonly started_at?: string;
  readonly finished_at?: string;
  /** Average of its jobs' percentages. */
  readonly coverage?: number;
  readonly url: string;
  /** Whose child this pipeline is. */
  readonly parent?: { readonly id: number; readonly job: number; readonly url: string };
  readonly stages: readonly {
    readonly name: string;
    readonly status: Status;
    readonly jobs: readonly JobView[];
  }[];
  /** Attempts that a retry replaced. */
  readonly retried: readonly JobView[];
  readonly problems: readonly string[];
  readonly environments: readonly {
    readonly id: string;
    readonly state: string;
    readonly handle?: string;
    /** What keeps it from starting. */
    readonly waits_for?: string;
    readonly problem?: string;
  }[];
};

function artifactsView(pipeline: Pipeline, job: Job): Pick<JobView, "artifacts"> {
  const present = job.artifacts?.filter(({ removed }) => removed !== true) ?? [];
  if (present.length === 0) return {};
  const url = `${jobUrl(pipeline.facts, job.id)}/artifacts/download`;
  return {
    artifacts: present.map(({ type, filename, sizeBytes, expireAt }) => ({
      type,
      filename,
      size: sizeBytes,
      ...(expireAt === undefined ? {} : { expire_at: expireAt }),
      url: type === "archive" ? url : `${url}?file_type=${type}`,
    })),
  };
}

export function pipelineView(pipeline: Pipeline): PipelineView {
  const { facts } = pipeline;
  const coverage = coverageOf(pipeline);
  return {
    id: pipeline.id,
    iid: pipeline.iid,
    project: pipeline.project,
    ref: facts.ref.name,
    sha: facts.commit.sha,
    source: facts.source,
    status: pipeline.status,
    title: pipeline.name ?? facts.commit.message.split("\n", 1)[0] ?? "",
    created_at: pipeline.createdAt,
    ...(pipeline.startedAt === undefined ? {} : { started_at: pipeline.startedAt }),
    ...(pipeline.finishedAt === undefined ? {} : { finished_at: pipeline.finishedAt }),
    ...(coverage === undefined ? {} : { coverage }),
    url: pipelineUrl(facts, pipeline.id),
    ...(pipeline.parent === undefined
      ? {}
      : {
          parent: {
            id: pipeline.parent.pipelineId,
            job: pipeline.parent.jobId,
            url: pipelineUrl(facts, pipeline.parent.pipelineId),
          },
        }),
    stages: deriveView(pipeline).map((stage) => ({
      name: stage.name,
      status: stage.status,
      jobs: stage.jobs.map(({ job }) => jobView(pipeline, job)),
    })),
    retried: pipeline.jobs.filter((job) => job.retried).map((job) => jobView(pipeline, job)),
    problems: pipeline.diagnostics.map(diagnosticText),
    environments: pipeline.environments.map(({ id, state, handle, waitsFor, problem }) => ({
      id,
      state,
      ...(handle === undefined ? {} : { handle }),
      ...(waitsFor === undefined ? {} : { waits_for: waitsFor }),
      ...(problem === undefined ? {} : { problem }),
    })),
  };
}

export function jobView(pipeline: Pipeline, job: Job): JobView {
  const message = job.failureMessage ?? environmentProblem(pipeline, job);
  return {
    id: job.id,
    name: job.name,
    stage: job.stage,
    status: job.status,
    when: job.when,
    allow_failure: job.allowFailure,
    retried: job.retried,
    ...(job.failureReason === undefined ? {} : { failure_reason: job.failureReason }),
    ...(message === undefined ? {} : { failure_message: message }),
    ...(job.exitCode === undefined ? {} : { exit_code: job.exitCode }),
    ...(job.coverage === undefined ? {} : { coverage: job.coverage }),
    ...(job.queuedAt === undefined ? {} : { queued_at: job.queuedAt }),
    ...(job.startedAt === undefined ? {} : { started_at: job.startedAt }),
    ...(job.finishedAt === undefined ? {} : { finished_at: job.finishedAt }),
    ...(job.environmentId === undefined ? {} : { environment: job.environmentId }),
    ...startView(pipeline, job),
    ...(job.childPipelineId === undefined
      ? {}
      : {
          child: {
            id: job.childPipelineId,
            url: pipelineUrl(pipeline.facts, job.childPipelineId),
          },
        }),
    ...artifactsView(pipeline, job),
    url: jobUrl(pipeline.facts, job.id),
  };
}

/** 0 seconds of provisioning: it found an environment that was running. */
function startView(
  pipeline: Pipeline,
  job: Job,
): Pick<JobView, "provisioning_seconds" | "waited_seconds"> {
  const start = jobStart(pipeline, job);
  if (start === undefined) return {};
  return {
    provisioning_seconds: start.provisioningSeconds,
    ...(start.waitedSeconds > 0 && { waited_seconds: start.waitedSeconds }),
  };
}

/** A runner that died could not say why; its environment may know. */
function environmentProblem(pipeline: Pipeline, job: Job): string | undefined {
  if (job.failureReason !== "runner_system_failure") return undefined;
  return pipeline.environments.find(({ id }) => id === job.environmentId)?.problem;
}
