import type { Pipeline } from "#pipeline/pipeline.ts";
import { asCreated, differences, type ReplayStep, replay } from "#pipeline/replay.ts";
import type { Ports } from "../deps.ts";
import { readPlan } from "../read-plan.ts";

export type Replay = {
  readonly stored: Pipeline;
  readonly steps: readonly ReplayStep[];
  /** Paths of the values in which the replay ends otherwise than what is stored. */
  readonly differs: readonly string[];
  /** Whether the list of events had no more room, so that later ones may be missing. */
  readonly isFull: boolean;
};

/** What the stored events of a pipeline make of it by the rules of today. Changes nothing. */
export async function replayPipeline(
  deps: { readonly store: Pick<Ports["store"], "pipelines"> } & Pick<Ports, "blobs">,
  id: number,
): Promise<Replay | "no_pipeline" | "no_events"> {
  const { pipelines } = deps.store;
  const found = await pipelines.get(id);
  if (found === undefined) return "no_pipeline";
  const history = await pipelines.readHistory(found.history);
  if (history === undefined) return "no_events";
  const { value: stored } = found;
  const start = asCreated(stored, stored.jobs.length === 0 ? undefined : await readPlan(deps, id));
  const steps = replay(start, history.events);
  const differs = differences(stored, steps.at(-1)?.pipeline ?? start);
  return { stored, steps, differs, isFull: history.isFull };
}
