import type { Queue } from "#queue/queue.ts";
import type { Log } from "#service/deps.ts";
import { pipelineOfBuildEvent } from "./pipeline-of-build-event.ts";

/**
 * Has the pipeline of a build looked at. A hint only: events may be lost, doubled and late, and what the event
 * says of the build is not believed. Rejects when the queue did not take it, so that Lambda tries again.
 */
export async function handleBuildEvent(
  { queue, log }: { readonly queue: Queue; readonly log: Log },
  event: unknown,
): Promise<void> {
  const hint = pipelineOfBuildEvent(event);
  if (hint === undefined) {
    log("warn", "an event is about no build of ours");
    return;
  }
  await queue.send({ type: "pipeline", pipelineId: hint.pipelineId });
  log("info", "a build changed", hint);
}
