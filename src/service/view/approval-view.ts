import type * as z from "zod/mini";
import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import type { Approval } from "#store/approval-store.ts";
import type { approvalSchema, approvedSchema } from "./schema/approval.ts";

export type ApprovalView = z.output<typeof approvalSchema>;

export function approvalView(approval: Approval): ApprovalView {
  return {
    pipeline_id: approval.pipelineId,
    project: approval.project,
    merge_request: approval.mergeRequestIid,
    title: approval.title,
    source_project: approval.sourceProject,
    sha: approval.sha,
    asked_at: approval.askedAt,
  };
}

export type ApprovedView = z.output<typeof approvedSchema>;

export function approvedView(id: number, by: string, outcome: CreateOutcome): ApprovedView {
  const approved = { pipeline_id: id, approved_by: by };
  return outcome.result === "created"
    ? { ...approved, result: "created", status: outcome.status, url: outcome.url }
    : { ...approved, result: "nothing", why: outcome.why };
}
