import type { Delivery } from "#store/delivery-store.ts";
import type { CreateOutcome } from "../create/create-pipeline.ts";
import type { ServiceDeps } from "../deps.ts";
import { eventsOf, outcomesOf } from "./delivery-events.ts";
import { handleEvent } from "./handle-delivery.ts";

/**
 * Handles a stored delivery again. What has its pipeline keeps it; everything else is decided anew, now that
 * perhaps the project is connected or the forge is back.
 */
export async function redeliver(
  deps: ServiceDeps,
  delivery: Delivery,
): Promise<readonly CreateOutcome[]> {
  const before = outcomesOf(delivery);
  const outcomes: CreateOutcome[] = [];
  for (const [index, event] of eventsOf(delivery).entries()) {
    const known = before[index];
    outcomes.push(
      known?.result === "created" ? known : await handleEvent(deps, delivery.forge, event),
    );
  }
  const text = JSON.stringify(outcomes);
  if (delivery.state === "done") await deps.store.deliveries.setOutcome(delivery, text);
  else await deps.store.deliveries.mark(delivery, "done", text);
  return outcomes;
}
