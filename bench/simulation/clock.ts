/** Events nearer together than this are handled side by side, as functions on AWS are. */
const togetherMilliseconds = 20;

type Entry = { readonly at: number; readonly turn: number; readonly work: () => Promise<void> };

/** Simulated time: work is done in the order of its instants, and nothing ever sleeps. */
export type Clock = {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly after: (milliseconds: number, work: () => Promise<void>) => void;
  /** Works until `isOver`, which is asked between instants, or until nothing is left to do. */
  readonly run: (isOver: () => boolean) => Promise<void>;
};

export function simulatedClock(start: number): Clock {
  const heap: Entry[] = [];
  let now = start;
  let turns = 0;
  return {
    now: () => now,
    after: (milliseconds, work) => push(heap, { at: now + milliseconds, turn: turns++, work }),
    run: async (isOver) => {
      for (let first = pop(heap); first !== undefined; first = pop(heap)) {
        now = Math.max(now, first.at);
        const together = [first];
        while (heap[0] !== undefined && heap[0].at <= now + togetherMilliseconds) {
          const next = pop(heap);
          if (next !== undefined) together.push(next);
        }
        await Promise.all(together.map(({ work }) => work()));
        if (isOver()) return;
      }
    },
  };
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.turn < b.turn);
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(entry, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): Entry | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
    if (left === undefined) break;
    const isRight = right !== undefined && isBefore(right, left);
    const child = isRight ? right : left;
    if (!isBefore(child, last)) break;
    heap[index] = child;
    index = 2 * index + (isRight ? 2 : 1);
  }
  heap[index] = last;
  return first;
}
