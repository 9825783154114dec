import { advancePipeline } from "../advance/advance-pipeline.ts";
import { isStopped } from "../deployment/is-stopped.ts";
import type { ServiceDeps } from "../deps.ts";

/**
 * GitLab Docs, "Stop an environment when a branch is deleted": plays the `on_stop` jobs of environments whose
 * last deployment came from the branch. A job that does not wait to be played is left alone.
 */
export async function stopDeploymentEnvironmentsOf(
  deps: ServiceDeps,
  project: string,
  refName: string,
): Promise<void> {
  for (const environment of await deps.store.deployments.list(project)) {
    const last = environment.deployments.find(({ action }) => action === "start");
    if (last?.onStop === undefined || last.ref !== refName || isStopped(environment)) continue;
    const stored = await deps.store.pipelines.get(last.pipelineId);
    // A tag may have the branch's name, and is still there.
    if (stored?.value.facts.ref.kind !== "branch") continue;
    const job = stored.value.jobs.find(({ name, retried }) => name === last.onStop && !retried);
    if (job === undefined) continue;
    await advancePipeline(deps, last.pipelineId, [
      { type: "play", jobIds: [job.id], by: `deletion of ${refName}` },
    ]);
  }
}
