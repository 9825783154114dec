import { deadlines } from "./deadlines.ts";
import type { Pipeline } from "./pipeline.ts";
import { epochMs } from "./time.ts";

/** The next time, in epoch milliseconds, at which something is due. Times at or before `now` do not count. */
export function nextDue(pipeline: Pipeline, now: string): number | undefined {
  const nowMs = epochMs(now);
  let next: number | undefined;
  for (const { at } of deadlines(pipeline)) {
    if (at > nowMs && (next === undefined || at < next)) next = at;
  }
  return next;
}
