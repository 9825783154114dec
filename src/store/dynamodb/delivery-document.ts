import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import { type Item, newerFormat, packDocument, unpackDocument } from "./item.ts";

/** What does not change of a delivery. */
type Kept = { readonly id: string; readonly events: readonly TriggerEvent[] };

type Stored =
  | ({ readonly format: 2 } & Kept)
  /** As deliveries were stored at first: their events as JSON. */
  | { readonly format?: undefined; readonly id: string; readonly events: string };

export function packDelivery({ id, events }: Kept): Promise<Uint8Array> {
  return packDocument({ format: 2, id, events } satisfies Stored);
}

export async function unpackDelivery(item: Item): Promise<Kept> {
  const stored = await unpackDocument<Stored>(item);
  switch (stored.format) {
    case 2:
      return { id: stored.id, events: stored.events };
    case undefined:
      return { id: stored.id, events: JSON.parse(stored.events) };
    default:
      throw newerFormat(item);
  }
}

/** Undefined before the delivery was handled. At first outcomes were stored as JSON, under another name. */
export function outcomesIn({ outcomes, outcome }: Item): readonly CreateOutcome[] | undefined {
  if (Array.isArray(outcomes)) return outcomes;
  return typeof outcome === "string" ? JSON.parse(outcome) : undefined;
}
