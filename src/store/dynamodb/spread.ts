import { createHash } from "node:crypto";
import type { Item } from "./item.ts";
import { type IndexKey, indexes } from "./table.ts";

/** A partition of an index takes a thousand writes a second: eight are far beyond what one installation does. */
const shards = 8;

/** Index keys that very many items share. Others are a project's, or of something that there is little of. */
const spreadKeys: Readonly<Partial<Record<IndexKey, readonly string[]>>> = {
  byKind: ["pipeline", "delivery"],
  open: ["pipeline", "in-line", "delivery"],
};

/**
 * The item as it is written: under a shared index key it gets one of several, by its own key, so that no
 * partition of an index takes all writes.
 */
export function spread(item: Item): Item {
  const changed: Record<string, unknown> = { ...item };
  for (const [index, values] of Object.entries(spreadKeys)) {
    const attribute = index === "open" ? indexes.open.key : indexes.byKind.key;
    const value = item[attribute];
    if (typeof value === "string" && values.includes(value)) {
      changed[attribute] = shardKey(value, shardOf(String(item.pk)));
    }
  }
  return changed;
}

/** Where items are that were written under an index key, also before such keys were spread. */
export function shardKeysOf(index: IndexKey, value: string): readonly string[] {
  if (spreadKeys[index]?.includes(value) !== true) return [value];
  return [value, ...Array.from({ length: shards }, (_, shard) => shardKey(value, shard))];
}

function shardKey(value: string, shard: number): string {
  return `${value}.${shard}`;
}

function shardOf(pk: string): number {
  return createHash("sha256").update(pk).digest().readUInt8() % shards;
}

/** Several sorted lists as one, read no further than is asked for. */
export async function* mergeSorted<T>(
  lists: readonly AsyncGenerator<T>[],
  isBefore: (a: T, b: T) => boolean,
): AsyncGenerator<T> {
  // Nothing is left under way behind the back of a caller who hears of an error.
  const started = await Promise.allSettled(lists.map((list) => list.next()));
  const heads = lists.flatMap((list, index) => {
    const next = started[index];
    if (next?.status === "rejected") throw next.reason;
    return next === undefined ? [] : [{ list, next: next.value }];
  });
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next.done === true) continue;
      if (first?.next.done !== false || isBefore(head.next.value, first.next.value)) first = head;
    }
    if (first === undefined || first.next.done === true) return;
    yield first.next.value;
    first.next = await first.list.next();
  }
}
