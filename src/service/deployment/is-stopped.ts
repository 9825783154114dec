import type { DeploymentEnvironment } from "#store/deployment-store.ts";

/** Whether the last thing that succeeded in this environment was to stop it. */
export function isStopped({ deployments }: DeploymentEnvironment): boolean {
  return deployments.find(({ status }) => status === "success")?.action === "stop";
}
