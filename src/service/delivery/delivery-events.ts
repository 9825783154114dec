import type { TriggerEvent } from "#forge/forge.ts";
import type { Delivery } from "#store/store.ts";

/** The events of a stored delivery, as they were when it came. */
export function eventsOf(delivery: Pick<Delivery, "events">): readonly TriggerEvent[] {
  return JSON.parse(delivery.events) as readonly TriggerEvent[];
}
