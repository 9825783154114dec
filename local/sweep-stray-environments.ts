import type { ServiceDeps } from "#service/deps.ts";

/** Removes what belongs to no pipeline any more: environments that a crash left without anybody to end them. */
export async function sweepStrayEnvironments(deps: ServiceDeps): Promise<void> {
  for (const ref of await deps.environments.list()) {
    const { id } = ref;
    const pipelineId = Number(/^p(\d+)-/.exec(id)?.[1]);
    const pipeline = Number.isNaN(pipelineId)
      ? undefined
      : await deps.store.pipelines.get(pipelineId);
    const environment = pipeline?.value.environments.find((candidate) => candidate.id === id);
    if (environment !== undefined && environment.state !== "ended") continue;
    await deps.environments.stop(ref);
    deps.log("info", "a stray environment was removed", { environment: id });
  }
}
