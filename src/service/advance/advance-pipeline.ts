import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { ServiceDeps } from "../deps.ts";
import { applyEvents } from "./apply-events.ts";
import { carryOut } from "./carry-out.ts";

/** Rounds of effects that answer with further events. */
const maxRounds = 20;

/**
 * Applies events to a pipeline and carries out what follows from them, until nothing more follows.
 * Decides on the state as loaded, saves under its version, decides again when somebody else was first.
 * Effects come after the save and are idempotent: a crash between the two is healed by the next look.
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

/** As `advancePipeline`, but the caller is answered once the decision is saved. */
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
