import type * as z from "zod/mini";
import type { PipelineSummary } from "#store/pipeline-store.ts";
import type { pipelineSummarySchema } from "./schema/pipeline-summary.ts";

export type PipelineSummaryView = z.output<typeof pipelineSummarySchema>;

export function pipelineSummaryView(summary: PipelineSummary): PipelineSummaryView {
  const { id, iid, forge, project, ref, sha: commit, status, createdAt } = summary;
  return { id, iid, forge, project, ref, sha: commit, status, created_at: createdAt };
}
