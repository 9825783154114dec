import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import { MalformedPayload, type WebhookReader } from "../forge.ts";

/** The events of a delivery that the forge lists. Empty if the delivery is not understood. */
export function storedEvents(
  reader: WebhookReader,
  header: readonly [name: string, value: string],
  payload: unknown,
): readonly TriggerEvent[] {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload ?? null);
  const headers = new Headers({ "content-type": "application/json", [header[0]]: header[1] });
  try {
    return reader.parse({ headers, body: new TextEncoder().encode(text) });
  } catch (error) {
    if (error instanceof MalformedPayload) return [];
    throw error;
  }
}

/** Whether a webhook's address ends in this path, under any host name. */
export function leadsTo(address: string | null | undefined, path: string): boolean {
  if (!address || !URL.canParse(address)) return false;
  const its = decodeURI(new URL(address).pathname).toLowerCase();
  return its === path.toLowerCase() || its.endsWith(path.toLowerCase());
}
