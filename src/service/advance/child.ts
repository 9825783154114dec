import type { Command, PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { Ports } from "../deps.ts";

/** Applies events to another pipeline and carries out what follows (`advancePipeline`). */
export type Advance = (
  pipelineId: number,
  events: readonly PipelineEvent[],
) => Promise<Pipeline | undefined>;

/** More changes of a child than this during one update of the parent indicate a bug. */
const mostChanges = 20;

/**
 * Updates a trigger job from the status of its child pipeline. Reads the child again after the parent is saved, so that
 * the newer status wins if two calls run at the same time.
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

/** The parent's question about one child. A missing child does not keep the parent waiting. */
export async function checkChild(
  deps: Pick<Ports, "store">,
  command: Extract<Command, { type: "check_child" }>,
): Promise<readonly PipelineEvent[]> {
  const { jobId, childPipelineId } = command;
  const child = await deps.store.pipelines.get(childPipelineId);
  const status = child?.value.status ?? "failed";
  return [{ type: "child_changed", jobId, childPipelineId, status }];
}
