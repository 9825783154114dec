import type { ControlResult } from "#service/advance/control.ts";
import { type PipelineView, pipelineView } from "#service/view/pipeline-view.ts";
import type { Refusal } from "../operation/operate.ts";

/** What is answered to who canceled, retried or played something. */
export function controlled<Unknown extends "unknown_pipeline" | "unknown_job">(
  result: ControlResult,
  unknown: Unknown,
): { readonly body: PipelineView } | Refusal<Unknown | "status_conflict" | "too_large"> {
  switch (result.result) {
    case "unknown":
      return {
        refused: unknown,
        message: `There is no such ${unknown === "unknown_job" ? "job" : "pipeline"}.`,
      };
    case "unchanged":
      return { refused: "status_conflict", message: "Its status does not allow that." };
    case "too_large":
      return { refused: "too_large", message: result.message };
    case "done":
      return { body: pipelineView(result.pipeline) };
  }
}
