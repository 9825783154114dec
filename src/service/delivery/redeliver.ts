import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import type { Delivery } from "#store/delivery-store.ts";
import type { ServiceDeps } from "../deps.ts";
import { handleEvent } from "./handle-delivery.ts";

/**
 * Handles a stored delivery again. An event that has a pipeline keeps it. All others are decided again, since the project
 * may be connected or the forge may be available now.
 */
export async function redeliver(
  deps: ServiceDeps,
  delivery: Delivery,
): Promise<readonly CreateOutcome[]> {
  const before = delivery.outcomes ?? [];
  const outcomes: CreateOutcome[] = [];
  for (const [index, event] of delivery.events.entries()) {
    const known = before[index];
    outcomes.push(
      known?.result === "created" ? known : await handleEvent(deps, delivery.forge, event),
    );
  }
  if (delivery.state === "done") await deps.store.deliveries.setOutcomes(delivery, outcomes);
  else await deps.store.deliveries.mark(delivery, "done", outcomes);
  return outcomes;
}
