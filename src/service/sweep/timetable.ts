import { removeExpiredArtifacts } from "../artifacts/remove-expired-artifacts.ts";
import type { ServiceDeps } from "../deps.ts";
import { sweepStrayEnvironments } from "../environment/sweep-stray-environments.ts";
import { removeOldImages } from "../images/old-images.ts";
import { sweepForges } from "../watch/sweep-forges.ts";
import { sweep } from "./sweep.ts";

/** One thing that the sweep does. It may run at any time, also twice at once. */
export type SweepPart = {
  /** For the log. */
  readonly name: string;
  /** A host that wakes up less often runs the part each time it wakes up. */
  readonly everySeconds: number;
  /** Begins nothing after `until` (epoch milliseconds). */
  readonly run: (deps: ServiceDeps, options: { readonly until?: number }) => Promise<unknown>;
};

/** What every host sweeps, and how often. A host may add parts of its own, and leaves out none of these. */
export const timetable: readonly SweepPart[] = [
  { name: "unfinished pipelines and deliveries", everySeconds: 3, run: sweep },
  { name: "forges", everySeconds: 60, run: sweepForges },
  { name: "old images", everySeconds: 60, run: removeOldImages },
  { name: "stray environments", everySeconds: 300, run: sweepStrayEnvironments },
  { name: "expired artifacts", everySeconds: 600, run: removeExpiredArtifacts },
];

/**
 * The parts whose turn came after `since` and not after `now` (both epoch milliseconds). A part's turns are the
 * multiples of its seconds since the epoch, so that nothing has to be kept between two calls.
 */
export function dueParts(
  parts: readonly SweepPart[],
  { since, now }: { readonly since: number; readonly now: number },
): readonly SweepPart[] {
  const turn = (at: number, seconds: number) => Math.floor(at / (seconds * 1000));
  return parts.filter(({ everySeconds }) => turn(since, everySeconds) !== turn(now, everySeconds));
}
