import type * as z from "zod/mini";
import { defined } from "#language/defined.ts";
import type { Deployment, DeploymentEnvironment } from "#store/deployment-store.ts";
import { isStopped } from "../deployment/is-stopped.ts";
import type { deploymentEnvironmentSchema } from "./schema/deployment-environment.ts";

export type DeploymentEnvironmentView = z.output<typeof deploymentEnvironmentSchema>;

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

function deploymentView(deployment: Deployment): DeploymentEnvironmentView["deployments"][number] {
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
