import type { Status } from "#pipeline/status.ts";

/** What one job did to a deployment environment of its project; one record per job, whatever becomes of it. */
export type Deployment = {
  readonly jobId: number;
  readonly jobName: string;
  readonly pipelineId: number;
  readonly action: "start" | "stop";
  readonly status: Status;
  readonly ref: string;
  readonly sha: string;
  /** Who started the job: by the push, or by playing it. */
  readonly by: string;
  readonly url?: string;
  /** The job that stops the environment (`on_stop`). */
  readonly onStop?: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
};

/** A deployment environment (`environment:`) of a project, as its jobs left it. */
export type DeploymentEnvironment = {
  readonly name: string;
  readonly slug: string;
  readonly tier: string;
  /** Newest first; older ones are forgotten. */
  readonly deployments: readonly Deployment[];
};

export type DeploymentStore = {
  /** Notes the deployment in its deployment environment, which it makes where there is none. Idempotent by job. */
  readonly record: (
    project: string,
    environment: Omit<DeploymentEnvironment, "deployments">,
    deployment: Deployment,
  ) => Promise<void>;
  /** By name. */
  readonly list: (project: string) => Promise<readonly DeploymentEnvironment[]>;
};
