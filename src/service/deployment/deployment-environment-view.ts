import { defined } from "#language/defined.ts";
import type { Deployment, DeploymentEnvironment } from "#store/deployment-store.ts";

/** A deployment environment as people and programs see it (names as in GitLab's Environments API). */
export type DeploymentEnvironmentView = {
  readonly name: string;
  readonly slug: string;
  readonly tier: string;
  readonly state: "available" | "stopped";
  readonly external_url?: string;
  /** The newest that succeeded. */
  readonly last_deployment?: DeploymentView;
  /** All that are kept, newest first. */
  readonly deployments: readonly DeploymentView[];
};

export type DeploymentView = {
  readonly job: number;
  readonly job_name: string;
  readonly pipeline: number;
  readonly action: Deployment["action"];
  readonly status: Deployment["status"];
  readonly ref: string;
  readonly sha: string;
  readonly by: string;
  readonly url?: string;
  readonly started_at: string;
  readonly finished_at?: string;
};

export function deploymentEnvironmentView(
  environment: DeploymentEnvironment,
): DeploymentEnvironmentView {
  const { name, slug, tier } = environment;
  const done = environment.deployments.filter(({ status }) => status === "success");
  const last = done.find(({ action }) => action === "start");
  return {
    name,
    slug,
    tier,
    state: isStopped(environment) ? "stopped" : "available",
    ...(last?.url === undefined ? {} : { external_url: last.url }),
    ...(last === undefined ? {} : { last_deployment: deploymentView(last) }),
    deployments: environment.deployments.map(deploymentView),
  };
}

/** The last thing that succeeded there was to stop it. */
export function isStopped({ deployments }: DeploymentEnvironment): boolean {
  return deployments.find(({ status }) => status === "success")?.action === "stop";
}

function deploymentView(deployment: Deployment): DeploymentView {
  return {
    job: deployment.jobId,
    job_name: deployment.jobName,
    pipeline: deployment.pipelineId,
    action: deployment.action,
    status: deployment.status,
    ref: deployment.ref,
    sha: deployment.sha,
    by: deployment.by,
    ...defined({ url: deployment.url }),
    started_at: deployment.startedAt,
    ...defined({ finished_at: deployment.finishedAt }),
  };
}
