import { findEnvironment } from "#pipeline/availability.ts";
import type { Host, Ports } from "../deps.ts";
import { eachUntil } from "../each-until.ts";

/**
 * Removes what belongs to no pipeline any more: environments that a crash left without anybody to end them.
 * What is not looked at by `until` (epoch milliseconds) is left to the next time.
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
