import { findEnvironment } from "#pipeline/availability.ts";
import type { Host, Ports } from "../deps.ts";
import { eachUntil } from "../each-until.ts";

/**
 * Removes environments that belong to no pipeline any more, for example after a crash. Environments that are not checked
 * by `until` (epoch milliseconds) are left to the next run.
 */
export async function sweepStrayEnvironments(
  deps: Pick<Ports, "store" | "environments"> & Pick<Host, "now" | "log">,
  options: { readonly until?: number } = {},
): Promise<void> {
  const environments = await deps.environments.list();
  await eachUntil(environments, { ...options, now: deps.now }, async (ref) => {
    const { id } = ref;
    const pipelineId = Number(/^p(\d+)-/.exec(id)?.[1]);
    const pipeline = Number.isNaN(pipelineId)
      ? undefined
      : await deps.store.pipelines.get(pipelineId);
    const environment = pipeline && findEnvironment(pipeline.value, id);
    if (environment !== undefined && environment.state !== "ended") return;
    await deps.environments.stop(ref);
    deps.log("info", "a stray environment was removed", { environment: id });
  });
}
