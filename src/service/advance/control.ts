import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { ItemTooLarge } from "#store/written.ts";
import type { ServiceDeps } from "../deps.ts";
import { advancePipeline } from "./advance-pipeline.ts";

export type ControlResult =
  | { readonly result: "done"; readonly pipeline: Pipeline }
  | { readonly result: "unknown" }
  /** The current state does not allow the action. */
  | { readonly result: "unchanged"; readonly pipeline: Pipeline }
  /** The pipeline cannot store the variables that were sent. */
  | { readonly result: "too_large"; readonly message: string };

/** Cancels, retries or plays jobs for a person. */
export async function controlPipeline(
  deps: ServiceDeps,
  pipelineId: number,
  event: Extract<PipelineEvent, { type: "cancel" | "retry" | "play" }>,
): Promise<ControlResult> {
  const before = await deps.store.pipelines.get(pipelineId);
  if (before === undefined) return { result: "unknown" };
  const pipeline = await advancePipeline(deps, pipelineId, [event]).catch(orTooLarge);
  if (pipeline === undefined) return { result: "unknown" };
  if (pipeline instanceof ItemTooLarge) return { result: "too_large", message: pipeline.message };
  return fingerprint(pipeline) === fingerprint(before.value)
    ? { result: "unchanged", pipeline }
    : { result: "done", pipeline };
}

function orTooLarge(error: unknown): ItemTooLarge {
  if (error instanceof ItemTooLarge) return error;
  throw error;
}

function fingerprint(pipeline: Pipeline): string {
  return pipeline.jobs.map((job) => `${job.id}:${job.status}`).join();
}
