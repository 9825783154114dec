import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import { isoNow, type ServiceDeps } from "../deps.ts";
import { buildApproved } from "./fork-policy.ts";

export type ApprovalResult =
  | { readonly result: "unknown" }
  | { readonly result: "approved"; readonly by: string; readonly outcome: CreateOutcome };

/**
 * Approves the commit of a fork's merge request, whose pipeline will have this id. Idempotent: the first approver is
 * kept, and there is one pipeline.
 */
export async function approveFork(
  deps: ServiceDeps,
  pipelineId: number,
  by: string,
): Promise<ApprovalResult> {
  const approval = await deps.store.approvals.approve(pipelineId, by, isoNow(deps));
  if (approval?.state !== "approved") return { result: "unknown" };
  deps.log("info", "a fork's merge request is approved", {
    pipeline: pipelineId,
    project: approval.project,
    sha: approval.sha,
    by: approval.by,
  });
  return { result: "approved", by: approval.by, outcome: await buildApproved(deps, approval) };
}
