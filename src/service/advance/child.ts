import type { Command, PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { Ports } from "../deps.ts";

/** Applies events to another pipeline and carries out what follows (`advancePipeline`). */
export type Advance = (
  pipelineId: number,
  events: readonly PipelineEvent[],
) => Promise<Pipeline | undefined>;

/** More changes of a child than this while its parent is told mean that something is wrong. */
const mostChanges = 20;

/**
 * Brings a trigger job in line with its child pipeline. Looks again after the parent is saved, so that of two
 * tellers who meet the later one's word stands.
 */
export async function tellParent(
  deps: Pick<Ports, "store">,
  advance: Advance,
  childPipelineId: number,
  parent: { readonly pipelineId: number; readonly jobId: number },
): Promise<void> {
  let told: string | undefined;
  for (let changes = 0; changes < mostChanges; changes++) {
    const child = await deps.store.pipelines.get(childPipelineId);
    if (child === undefined || child.value.status === told) return;
    told = child.value.status;
    await advance(parent.pipelineId, [
      {
        type: "child_changed",
        jobId: parent.jobId,
        childPipelineId,
        status: child.value.status,
      },
    ]);
  }
}

/** What the parent asks about one child; a child that is gone keeps nobody waiting. */
export async function checkChild(
  deps: Pick<Ports, "store">,
  command: Extract<Command, { type: "check_child" }>,
): Promise<readonly PipelineEvent[]> {
  const { jobId, childPipelineId } = command;
  const child = await deps.store.pipelines.get(childPipelineId);
  const status = child?.value.status ?? "failed";
  return [{ type: "child_changed", jobId, childPipelineId, status }];
}
