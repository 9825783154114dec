import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { advancePipeline } from "./advance-pipeline.ts";
import type { ServiceDeps } from "./deps.ts";

export type ControlResult =
  | { readonly result: "done"; readonly pipeline: Pipeline }
  | { readonly result: "unknown" }
  /** Nothing could be done: the state does not allow it. */
  | { readonly result: "unchanged"; readonly pipeline: Pipeline };

/** Cancels, retries or plays what a person asked for, and carries it out. */
export async function controlPipeline(
  deps: ServiceDeps,
  pipelineId: number,
  event: Extract<PipelineEvent, { type: "cancel" | "retry" | "play" }>,
): Promise<ControlResult> {
  const before = await deps.store.pipelines.get(pipelineId);
  if (before === undefined) return { result: "unknown" };
  const pipeline = await advancePipeline(deps, pipelineId, [event]);
  if (pipeline === undefined) return { result: "unknown" };
  return fingerprint(pipeline) === fingerprint(before.value)
    ? { result: "unchanged", pipeline }
    : { result: "done", pipeline };
}

function fingerprint(pipeline: Pipeline): string {
  return pipeline.jobs.map((job) => `${job.id}:${job.status}`).join();
}
