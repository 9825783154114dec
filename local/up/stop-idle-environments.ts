import { isWithRunner } from "#pipeline/status.ts";
import { advancePipeline } from "#service/advance/advance-pipeline.ts";
import type { ServiceDeps } from "#service/deps.ts";

/** Ends and removes every environment that runs no job now; returns how many others there are. */
export async function stopIdleEnvironments(deps: ServiceDeps): Promise<number> {
  const environments = await deps.environments.list();
  const busy = await Promise.all(
    environments.map(async (ref) => {
      const { id: environmentId } = ref;
      const pipelineId = Number(/^p(\d+)-/.exec(environmentId)?.[1] ?? 0);
      const stored = await deps.store.pipelines.get(pipelineId);
      const isBusy = stored?.value.jobs.some(
        (job) => job.environmentId === environmentId && isWithRunner(job.status),
      );
      if (isBusy === true) return true;
      await deps.environments.stop(ref);
      await advancePipeline(deps, pipelineId, [{ type: "environment_ended", environmentId }]);
      return false;
    }),
  );
  return busy.filter(Boolean).length;
}
