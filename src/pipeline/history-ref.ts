import type { PipelineFacts } from "#language/facts.ts";

/**
 * Names what pipelines follow one another on: the branch, the tag, or the merge request, each apart, although a tag
 * and a merge request's source branch may have the name of one of the project's branches.
 */
export function historyRefOf(facts: Pick<PipelineFacts, "ref" | "mergeRequest">): string {
  if (facts.mergeRequest !== undefined) return mergeRequestHistoryRef(facts.mergeRequest.iid);
  return facts.ref.kind === "tag"
    ? tagHistoryRef(facts.ref.name)
    : branchHistoryRef(facts.ref.name);
}

/** The name; in full where it could be taken for the name of another kind, as that of a branch `refs/tags/v1`. */
export function branchHistoryRef(name: string): string {
  return name.startsWith("refs/") ? `refs/heads/${name}` : name;
}

export function tagHistoryRef(name: string): string {
  return `refs/tags/${name}`;
}

export function mergeRequestHistoryRef(iid: number): string {
  return `refs/merge-requests/${iid}/head`;
}

/** What the forge shows a merge request's pipeline as: the push of the same commit may have one of its own. */
export const mergeRequestContext = "slipway/merge-request";
