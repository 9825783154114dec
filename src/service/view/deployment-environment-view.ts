import type * as z from "zod/mini";
import { isWebAddress } from "#http/web-address.ts";
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
    ...defined({ external_url: last && linkOf(last) }),
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
    ...defined({ url: linkOf(deployment) }),
    started_at: deployment.startedAt,
    ...defined({ finished_at: deployment.finishedAt }),
  };
}

/** Also of what was recorded before such addresses were checked. */
function linkOf({ url }: Deployment): string | undefined {
  return url !== undefined && isWebAddress(url) ? url : undefined;
}
