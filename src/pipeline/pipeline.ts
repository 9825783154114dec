import type { Diagnostic } from "#language/diagnostic.ts";
import type { PipelineFacts } from "#language/facts.ts";
import type { Need, Plan, RetryPolicy, When } from "#language/plan.ts";
import type { Variable } from "#language/variables.ts";
import type { ProjectKey } from "./project-key.ts";
import type { Status } from "./status.ts";

/** Why a job failed, in GitLab's words. */
export type FailureReason =
  | "script_failure"
  | "runner_system_failure"
  | "job_execution_timeout"
  | "stuck_or_timeout_failure"
  | "image_pull_failure"
  | "unknown_failure"
  | "api_failure"
  | "missing_dependency_failure"
  | "no_matching_runner"
  | "scheduler_failure"
  | "data_integrity_failure"
  | "forward_deployment_failure"
  | "downstream_pipeline_creation_failed"
  | "reached_max_descendant_pipelines_depth"
  | "config_error";

/** How a job gets Docker (GitLab Runner's word; docs/executors.md). */
export const executors = ["docker-in-docker", "docker-socket", "shell"] as const;
export type Executor = (typeof executors)[number];

/** A file that a job uploaded; its bytes are a blob of the service's. */
export type JobArtifact = {
  /** `archive`, or the type of a report; a job has one of each at most. */
  readonly type: string;
  readonly format: "zip" | "gzip" | "raw";
  readonly filename: string;
  readonly sizeBytes: number;
  /** ISO 8601; absent: kept for ever. */
  readonly expireAt?: string;
  /** Whether the artifact expired and its bytes were deleted. */
  readonly removed?: true;
};

/** Sizes of build machines, from CodeBuild's names. */
export const computeSizes = ["small", "medium", "large", "xlarge", "2xlarge"] as const;
export type ComputeSize = (typeof computeSizes)[number];

/** One row per attempt. A retry is a new row; the old one is `retried` and no longer counts. */
export type Job = {
  /** Unique in the installation: pipeline id × 100,000 + number of the row. */
  readonly id: number;
  readonly name: string;
  readonly stage: string;
  readonly status: Status;
  readonly when: When;
  readonly allowFailure: boolean;
  readonly allowFailureExitCodes?: readonly number[];
  readonly needs?: readonly Need[];
  readonly retry: RetryPolicy;
  readonly interruptible: boolean;
  readonly resourceGroup?: string;
  readonly startInSeconds?: number;
  /** Limit of the script's running time. */
  readonly timeoutSeconds: number;
  readonly runnerTags: readonly string[];
  /** Position in the plan's list of jobs, kept by retries: the plan holds script, image and variables. */
  readonly planIndex: number;
  readonly retried: boolean;
  /** Number of retries so far, including a person's retries and excluding retries after system failures. */
  readonly attempt: number;
  /** Number of system failures in this chain of attempts. */
  readonly systemFailures: number;
  /** The environment whose runner took the job. */
  readonly environmentId?: string;
  /** SHA-256 of the job token, hex, while the job is with its runner: the token itself is never stored. */
  readonly tokenHash?: string;
  readonly failureReason?: FailureReason;
  /** Details for people that go beyond the failure reason and are not in the job's log. */
  readonly failureMessage?: string;
  readonly exitCode?: number;
  /** ISO 8601 times. */
  readonly createdAt: string;
  readonly queuedAt?: string;
  /** When a delayed job becomes due. */
  readonly scheduledAt?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** When the runner last sent a trace or an update. */
  readonly contactAt?: string;
  readonly cancelingAt?: string;
  readonly canceledBy?: string;
  readonly playedBy?: { readonly login: string; readonly variables: readonly Variable[] };
  /** Whether the log is searched for a coverage percentage. The plan holds the pattern. */
  readonly readsCoverage?: true;
  /** Percentage read from the log by `coverage`. */
  readonly coverage?: number;
  /** Variables from `artifacts:reports:dotenv`, for later jobs. */
  readonly dotenv?: readonly Variable[];
  /** The job deploys to a deployment environment or stops one. `recorded` is the status in the stored record. */
  readonly deployment?: { readonly action: "start" | "stop"; readonly recorded?: Status };
  /** Set for a trigger job, which starts a child pipeline and is never given to a runner. */
  readonly trigger?: { readonly strategy?: "depend" | "mirror" };
  /** The child pipeline that the trigger job created. */
  readonly childPipelineId?: number;
  readonly artifacts?: readonly JobArtifact[];
};

/** An environment that this pipeline requested. Its id is its name everywhere, which makes starting idempotent. */
export type PipelineEnvironment = {
  readonly id: string;
  /**
   * wanted: to be started; starting: the start was accepted, no runner has called yet;
   * running: its runner has exchanged the ticket; stopping: to be stopped; ended: gone.
   */
  readonly state: "wanted" | "starting" | "running" | "stopping" | "ended";
  readonly executor: Executor;
  readonly privileged: boolean;
  readonly runnerTags: readonly string[];
  /** Jobs its runner takes at a time. */
  readonly capacity: number;
  /** The size of the hired machine. Absent if none is hired. */
  readonly compute?: ComputeSize;
  readonly wantedAt: string;
  /** Since when the environment waits in the queue for capacity. Kept after it has got a place. */
  readonly waitsSince?: string;
  /** When a start from the queue failed. The environment does not wait in the queue any more. */
  readonly turnAt?: string;
  /** Since when the environment has a place: the start was accepted and any further wait was over. */
  readonly startedAt?: string;
  readonly runningAt?: string;
  readonly contactAt?: string;
  readonly endedAt?: string;
  /** The adapter's own handle, for people: a CodeBuild build id, a container id, a process id. */
  readonly handle?: string;
  /** Why the environment ended. Absent after a clean exit. */
  readonly problem?: string;
  /** A text for people: why a wanted or starting environment has not started yet. */
  readonly waitsFor?: string;
  /** Number of starts that failed before this one was accepted. */
  readonly startFailures: number;
};

export type PipelineSettings = {
  readonly executor: Executor;
  readonly privileged: boolean;
  /** Jobs that one environment takes side by side (docker-socket); 1 otherwise. */
  readonly capacity: number;
  /** Most environments of this pipeline at one time. */
  readonly maxEnvironments: number;
  readonly jobTimeoutSeconds: number;
  /** `jobs`: the commit has a status for each job beside the pipeline's. */
  readonly statuses?: "jobs";
};

export type Pipeline = ProjectKey & {
  readonly id: number;
  readonly iid: number;
  readonly facts: PipelineFacts;
  readonly status: Status;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly name?: string;
  readonly settings: PipelineSettings;
  readonly stages: readonly string[];
  /** Every attempt, oldest first. */
  readonly jobs: readonly Job[];
  readonly environments: readonly PipelineEnvironment[];
  readonly autoCancel: Plan["autoCancel"];
  /** Why there are no jobs: configuration errors, `[skip ci]`, a missing file. Warnings too. */
  readonly diagnostics: readonly Diagnostic[];
  /** Push options `ci.variable`, API and trigger variables. */
  readonly variables: readonly Variable[];
  readonly canceledBy?: string;
  /** Parent pipeline of a child pipeline (`trigger`). */
  readonly parent?: { readonly pipelineId: number; readonly jobId: number };
  /** What the forge was last told, by context. */
  readonly reported: readonly ReportedStatus[];
};

export type ReportedStatus = {
  readonly context: string;
  readonly state: CommitState;
  readonly description: string;
  readonly postedAt: string;
  /** The forge's own ids, to be sent along next time. */
  readonly forgePipelineId?: number;
};

/** What the forge should be told about a pipeline, or one of its jobs, now. */
export type Report = Pick<ReportedStatus, "context" | "state" | "description"> & {
  /** The job that it is about. */
  readonly jobId?: number;
};

/** What a commit status can say (GitLab's commit status states). */
export type CommitState = "pending" | "running" | "success" | "failed" | "canceled" | "skipped";
