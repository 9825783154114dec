import { isoNow, type ServiceDeps } from "./deps.ts";

/** A delivery this young may still be under way. */
const youngMilliseconds = 30_000;
/** Who waits longest is looked at, so that nobody waits for ever because a write was lost. */
const inLineLooked = 25;

/**
 * Looks at everything unfinished, so that whatever was lost (a message, an event, a whole process) is
 * made good: queues deliveries that nobody finished and looks at every open pipeline.
 */
export async function sweep(
  deps: ServiceDeps,
  options: { readonly includeYoung?: boolean } = {},
): Promise<void> {
  const pipelines = await deps.store.pipelines.listOpen();
  for (const pipelineId of pipelines) await deps.queue.send({ type: "pipeline", pipelineId });
  await deps.queue.send({ type: "places" });
  for (const pipelineId of await deps.store.pipelines.listInLine(inLineLooked)) {
    await deps.queue.send({ type: "pipeline", pipelineId });
  }
  for (const delivery of await deps.store.deliveries.listUnfinished()) {
    const age = Date.parse(isoNow(deps)) - Date.parse(delivery.receivedAt);
    if (age < youngMilliseconds && options.includeYoung !== true) continue;
    await deps.queue.send({
      type: "delivery",
      forge: delivery.forge,
      project: delivery.project,
      deliveryId: delivery.id,
    });
  }
}
