import type { TriggerEvent } from "#forge/forge.ts";
import type { Delivery } from "#store/delivery-store.ts";
import type { CreateOutcome } from "../create/create-pipeline.ts";

/** The events of a stored delivery, as they were when it came. */
export function eventsOf(delivery: Pick<Delivery, "events">): readonly TriggerEvent[] {
  return JSON.parse(delivery.events) as readonly TriggerEvent[];
}

/** What became of each event, in their order; none before the delivery was handled. */
export function outcomesOf(delivery: Pick<Delivery, "outcome">): readonly CreateOutcome[] {
  return delivery.outcome === undefined
    ? []
    : (JSON.parse(delivery.outcome) as readonly CreateOutcome[]);
}
