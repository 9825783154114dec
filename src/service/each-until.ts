const widest = 20;

/**
 * Works through all items, several side by side, and begins no further one after `until` (epoch milliseconds).
 * Where time may end, it begins at another item each time, so that in the end each has its turn. One that
 * fails keeps no other from being worked on; the first failure rejects after all. Gives how many were left.
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

/** Far apart for neighbouring times, whatever the number of items (Knuth's multiplicative hash). */
function beginning(now: number, length: number): number {
  return length === 0 ? 0 : Math.floor((((now * 2_654_435_761) % 2 ** 32) / 2 ** 32) * length);
}
