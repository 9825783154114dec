import type { PipelineFacts } from "#language/facts.ts";

/**
 * Names what pipelines follow one another on: the branch or tag, or the merge request, whose source branch may have
 * the name of one of the project's own.
 */
export function lineOf(facts: Pick<PipelineFacts, "ref" | "mergeRequest">): string {
  return facts.mergeRequest === undefined
    ? facts.ref.name
    : mergeRequestLine(facts.mergeRequest.iid);
}

export function mergeRequestLine(iid: number): string {
  return `refs/merge-requests/${iid}/head`;
}

/** What the forge shows a merge request's pipeline as: the push of the same commit may have one of its own. */
export const mergeRequestContext = "slipway/merge-request";
