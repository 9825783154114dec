const widest = 20;

/**
 * Processes all items, several at a time, and begins no further item after `until` (epoch milliseconds). If there is a
 * time limit, each call begins at another item, so that every item is reached in the end. A failing item does not stop
 * the others; the first failure rejects at the end. Returns how many items were left.
 */
export async function eachUntil<T>(
  items: readonly T[],
  {
    now,
    until = Number.POSITIVE_INFINITY,
  }: { readonly now: () => number; readonly until?: number },
  work: (item: T) => Promise<unknown>,
): Promise<number> {
  const first = until === Number.POSITIVE_INFINITY ? 0 : beginning(now(), items.length);
  const turned = [...items.slice(first), ...items.slice(0, first)];
  const queue = turned.values();
  const failures: unknown[] = [];
  let begun = 0;
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      begun += 1;
      await work(item).catch((error: unknown) => failures.push(error));
      if (now() > until) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(widest, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return items.length - begun;
}

/** Gives starting points that are far apart for neighbouring times (Knuth's multiplicative hash). */
function beginning(now: number, length: number): number {
  return length === 0 ? 0 : Math.floor((((now * 2_654_435_761) % 2 ** 32) / 2 ** 32) * length);
}
