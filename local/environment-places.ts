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

/**
 * Lets as many environments start as there are places: 300 branches in one push must not become 300 engines at
 * once. Who is refused asks again. A place is free again when its environment is listed no more.
 */
export function environmentPlaces(
  places: number,
  list: () => Promise<readonly string[]>,
): (id: string) => Promise<boolean> {
  const admitted = new Map<string, number>();
  let listed: Promise<ReadonlySet<string>> | undefined;
  let listedAt = Number.NEGATIVE_INFINITY;

  function present(): Promise<ReadonlySet<string>> {
    if (listed === undefined || performance.now() - listedAt > freshMilliseconds) {
      listedAt = performance.now();
      const asked = list().then((ids) => new Set(ids));
      asked.catch(() => {
        if (listed === asked) listed = undefined;
      });
      listed = asked;
    }
    return listed;
  }

  return async (id) => {
    // An engine that is away is for the start to tell.
    const there = await present().catch(() => new Set<string>());
    const now = performance.now();
    for (const [other, until] of admitted) {
      if (there.has(other) || until < now) admitted.delete(other);
    }
    if (there.has(id) || admitted.has(id)) return true;
    if (there.size + admitted.size >= places) return false;
    admitted.set(id, now + admittedMilliseconds);
    return true;
  };
}
