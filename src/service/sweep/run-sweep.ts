import type { ServiceDeps } from "../deps.ts";
import { dueParts, type SweepPart, timetable } from "./timetable.ts";

const minuteMilliseconds = 60_000;

/** Runs the parts of the timetable that are due at this minute: call it once a minute. See `runParts`. */
export async function runSweep(deps: ServiceDeps, until: number): Promise<void> {
  const minute = Math.floor(deps.now() / minuteMilliseconds) * minuteMilliseconds;
  const due = dueParts(timetable, { since: minute - minuteMilliseconds, now: minute });
  return runParts(deps, due, { until });
}

/**
 * Runs parts of the sweep side by side. A failing part is logged and does not stop the others. Begins nothing after
 * `until` (epoch milliseconds). Rejects at the end if a part failed, so that an alarm is raised.
 */
export async function runParts(
  deps: ServiceDeps,
  parts: readonly SweepPart[],
  options: { readonly until?: number } = {},
): Promise<void> {
  const outcomes = await Promise.allSettled(
    parts.map(async ({ name, run }) => {
      try {
        await run(deps, options);
      } catch (error) {
        deps.log("error", "a part of the sweep failed", {
          part: name,
          cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
        throw error;
      }
    }),
  );
  const failed = parts.filter((_, index) => outcomes[index]?.status === "rejected");
  if (failed.length > 0) {
    throw new Error(`The sweep failed in part: ${failed.map(({ name }) => name).join(", ")}`);
  }
}
