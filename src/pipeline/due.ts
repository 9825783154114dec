import { deadlines } from "./deadlines.ts";
import type { Pipeline } from "./pipeline.ts";
import { epochMs } from "./time.ts";

/** When time alone changes something next, in epoch milliseconds; nothing at or before `now` counts. */
export function nextDue(pipeline: Pipeline, now: string): number | undefined {
  const nowMs = epochMs(now);
  let next: number | undefined;
  for (const { at } of deadlines(pipeline)) {
    if (at > nowMs && (next === undefined || at < next)) next = at;
  }
  return next;
}
