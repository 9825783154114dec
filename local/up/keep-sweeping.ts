import type { ServiceDeps } from "#service/deps.ts";
import { runParts } from "#service/sweep/run-sweep.ts";
import { dueParts, type SweepPart } from "#service/sweep/timetable.ts";

const tickMilliseconds = 1_000;
/** A part that takes longer is started again beside itself: it may wait for something that never comes. */
const longestMilliseconds = 60_000;

/**
 * Runs each part at its turns for as long as this process lives; a part that is still at work is left alone for a
 * minute. What fails is logged and tried again at its next turn. Gives what ends it.
 */
export function keepSweeping(deps: ServiceDeps, parts: readonly SweepPart[]): () => void {
  const begun = new Map<SweepPart, number>();
  let since = deps.now();
  const tick = (): void => {
    const now = deps.now();
    for (const part of dueParts(parts, { since, now })) {
      const before = begun.get(part);
      if (before !== undefined && now - before < longestMilliseconds) continue;
      begun.set(part, now);
      const ended = (): void => {
        if (begun.get(part) === now) begun.delete(part);
      };
      // A failure is in the log by then.
      runParts(deps, [part]).then(ended, ended);
    }
    since = now;
  };
  const timer = setInterval(tick, tickMilliseconds);
  return () => clearInterval(timer);
}
