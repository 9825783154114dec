import { availableParallelism, totalmem } from "node:os";

/** An engine with one small job in it takes about so much. */
const bytesPerEnvironment = 512 * 1024 * 1024;
const least = 4;
const perProcessor = 4;
/** One that was let in is not listed at once. */
const admittedMilliseconds = 30_000;
/** The list is asked for at most so often: it costs a question to the engine. */
const freshMilliseconds = 500;

/** Environments that this machine carries at a time. */
export function machinePlaces(): number {
  const byMemory = Math.floor(totalmem() / bytesPerEnvironment);
  return Math.max(least, Math.min(availableParallelism() * perProcessor, byMemory));
}

export type EnvironmentPlaces = {
  readonly hasRoomFor: (id: string) => Promise<boolean>;
  /** An environment is gone: whoever has waited longest may ask again. */
  readonly freed: () => void;
};

/**
 * Lets as many environments start as there are places: 300 branches in one push must not become 300 engines at
 * once. Who is refused asks again, at the latest when `wake` names it. A place is free again when its
 * environment is listed no more.
 */
export function environmentPlaces(options: {
  readonly places: number;
  readonly list: () => Promise<readonly string[]>;
  readonly wake: (id: string) => void;
}): EnvironmentPlaces {
  const admitted = new Map<string, number>();
  const waiting = new Set<string>();
  let listed: Promise<ReadonlySet<string>> | undefined;
  let listedAt = Number.NEGATIVE_INFINITY;

  function present(): Promise<ReadonlySet<string>> {
    if (listed === undefined || performance.now() - listedAt > freshMilliseconds) {
      listedAt = performance.now();
      const asked = options.list().then((ids) => new Set(ids));
      asked.catch(() => {
        if (listed === asked) listed = undefined;
      });
      listed = asked;
    }
    return listed;
  }

  async function isAdmitted(id: string): Promise<boolean> {
    // An engine that is away is for the start to tell.
    const there = await present().catch(() => new Set<string>());
    const now = performance.now();
    for (const [other, until] of admitted) {
      if (there.has(other) || until < now) admitted.delete(other);
    }
    if (there.has(id) || admitted.has(id)) return true;
    if (there.size + admitted.size >= options.places) return false;
    admitted.set(id, now + admittedMilliseconds);
    return true;
  }

  return {
    hasRoomFor: async (id) => {
      const isIn = await isAdmitted(id);
      if (isIn) waiting.delete(id);
      else waiting.add(id);
      return isIn;
    },
    freed: () => {
      listed = undefined;
      const [first] = waiting;
      if (first === undefined) return;
      waiting.delete(first);
      options.wake(first);
    },
  };
}
