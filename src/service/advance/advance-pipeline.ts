import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { ServiceDeps } from "../deps.ts";
import { applyEvents } from "./apply-events.ts";
import { carryOut } from "./carry-out.ts";

/** Rounds of effects that answer with further events. */
const maxRounds = 20;

/**
 * Applies events to a pipeline and carries out the resulting commands, until none are left. Decides on the loaded state,
 * saves with a version check, and decides again after a conflict. Effects are carried out after the save and are
 * idempotent. After a crash between the two, the next look repeats them.
 */
export async function advancePipeline(
  deps: ServiceDeps,
  pipelineId: number,
  events: readonly PipelineEvent[],
): Promise<Pipeline | undefined> {
  let pending = events;
  let latest: Pipeline | undefined;
  for (let round = 0; pending.length > 0 && round < maxRounds; round++) {
    const applied = await applyEvents(deps, pipelineId, pending);
    if (applied === undefined) return undefined;
    latest = applied.pipeline;
    pending = await carryOut(deps, applied.pipeline, applied.commands, (id, others) =>
      advancePipeline(deps, id, others),
    );
  }
  return latest;
}

/** Does the same as `advancePipeline`, but returns as soon as the decision is saved. */
export async function advanceSoon(
  deps: ServiceDeps,
  pipelineId: number,
  events: readonly PipelineEvent[],
): Promise<Pipeline | undefined> {
  const applied = await applyEvents(deps, pipelineId, events);
  if (applied === undefined) return undefined;
  await deps.defer(async () => {
    const answers = await carryOut(deps, applied.pipeline, applied.commands, (id, others) =>
      advancePipeline(deps, id, others),
    );
    await advancePipeline(deps, pipelineId, answers);
  });
  return applied.pipeline;
}
