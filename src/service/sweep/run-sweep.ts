import { removeExpiredArtifacts } from "../artifacts/remove-expired-artifacts.ts";
import type { ServiceDeps } from "../deps.ts";
import { sweepStrayEnvironments } from "../environment/sweep-stray-environments.ts";
import { removeOldImages } from "../images/old-images.ts";
import { sweepForges } from "../watch/sweep-forges.ts";
import { sweep } from "./sweep.ts";

type Part = {
  readonly name: string;
  readonly everyMinutes: number;
  readonly run: (deps: ServiceDeps, options: { readonly until: number }) => Promise<unknown>;
};

const parts: readonly Part[] = [
  { name: "unfinished pipelines and deliveries", everyMinutes: 1, run: sweep },
  { name: "forges", everyMinutes: 1, run: sweepForges },
  { name: "old images", everyMinutes: 1, run: removeOldImages },
  { name: "stray environments", everyMinutes: 5, run: sweepStrayEnvironments },
  { name: "expired artifacts", everyMinutes: 10, run: removeExpiredArtifacts },
];

/**
 * Runs whatever is due at this minute, side by side: a part that fails keeps no other from being done. Begins
 * nothing after `until` (epoch milliseconds). Rejects in the end when a part failed, so that it is alarmed.
 */
export async function runSweep(deps: ServiceDeps, until: number): Promise<void> {
  const minute = Math.floor(deps.now() / 60_000);
  const due = parts.filter(({ everyMinutes }) => minute % everyMinutes === 0);
  const outcomes = await Promise.allSettled(
    due.map(async ({ name, run }) => {
      try {
        await run(deps, { until });
      } catch (error) {
        deps.log("error", "a part of the sweep failed", {
          part: name,
          cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
        throw error;
      }
    }),
  );
  const failed = due.filter((_, index) => outcomes[index]?.status === "rejected");
  if (failed.length > 0) {
    throw new Error(`The sweep failed in part: ${failed.map(({ name }) => name).join(", ")}`);
  }
}
