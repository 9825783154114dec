import type { RecordedEvent } from "#pipeline/history.ts";
import type { History, RecordedHistory } from "../pipeline-store.ts";
import { fits, type Item, packDocument, unpackValue } from "./item.ts";

/** Compressed: some thousand events. Every write of a pipeline costs what its history weighs, too. */
const mostBytes = 16 * 1024;

/** Of a new pipeline. */
export async function emptyHistory(): Promise<{ readonly history: Uint8Array }> {
  return { history: await packDocument([]) };
}

export function historyOf(item: Item): History {
  return { added: [], ...(item.history instanceof Uint8Array && { stored: item.history }) };
}

/**
 * The item with the events so far and the new ones. Once the list is full it stays as it is, since a replay begins at
 * the beginning. A pipeline without a list gets none, and one that leaves no room for its list loses it.
 */
export async function withHistory(item: Item, { stored, added }: History): Promise<Item> {
  if (stored === undefined) return item;
  const history =
    isFull(stored) || added.length === 0
      ? stored
      : await packDocument([...(await eventsIn(stored)), ...added]);
  const whole = { ...item, history };
  return fits(whole) ? whole : item;
}

export async function readHistory({ stored }: History): Promise<RecordedHistory | undefined> {
  if (stored === undefined) return undefined;
  return { events: await eventsIn(stored), isFull: isFull(stored) };
}

function isFull(stored: Uint8Array): boolean {
  return stored.byteLength >= mostBytes;
}

function eventsIn(stored: Uint8Array): Promise<readonly RecordedEvent[]> {
  return unpackValue<readonly RecordedEvent[]>(stored);
}
