import type { PipelineFacts } from "../facts.ts";
import type { Variable } from "../variables.ts";
import { FREE_TEXT, toVariables } from "./to-variables.ts";

const MAX_DESCRIPTION_LENGTH = 2_700;

/** `CI_MERGE_REQUEST_*` of merge request pipelines, and `CI_OPEN_MERGE_REQUESTS`. */
export function mergeRequestVariables(facts: PipelineFacts): Variable[] {
  const open = facts.openMergeRequests ?? [];
  // GitLab names at most four.
  const list = open.length > 0 ? open.slice(0, 4).join(",") : undefined;
  return [
    ...toVariables({ CI_OPEN_MERGE_REQUESTS: list }),
    ...(facts.mergeRequest ? ownVariables(facts, facts.mergeRequest) : []),
  ];
}

function ownVariables(
  { project, ref, commit }: PipelineFacts,
  mergeRequest: NonNullable<PipelineFacts["mergeRequest"]>,
): Variable[] {
  // Both shas are empty unless the pipeline runs on the result of the merge.
  const isMerged = commit.sha !== mergeRequest.sourceSha;
  const { description, labels } = mergeRequest;
  return [
    ...toVariables({
      CI_MERGE_REQUEST_ID: String(mergeRequest.id),
      CI_MERGE_REQUEST_IID: String(mergeRequest.iid),
      CI_MERGE_REQUEST_REF_PATH: `refs/merge-requests/${mergeRequest.iid}/${isMerged ? "merge" : "head"}`,
      CI_MERGE_REQUEST_EVENT_TYPE: isMerged ? "merged_result" : "detached",
      CI_MERGE_REQUEST_PROJECT_ID: String(project.id),
      CI_MERGE_REQUEST_PROJECT_PATH: project.path,
      CI_MERGE_REQUEST_PROJECT_URL: project.url,
      CI_MERGE_REQUEST_SOURCE_PROJECT_ID: String(mergeRequest.sourceProjectId),
      CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: mergeRequest.sourceProjectPath,
      CI_MERGE_REQUEST_SOURCE_PROJECT_URL: mergeRequest.sourceProjectUrl,
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: mergeRequest.sourceBranch,
      CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED: String(ref.protected),
      CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: isMerged ? mergeRequest.sourceSha : "",
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: mergeRequest.targetBranch,
      CI_MERGE_REQUEST_TARGET_BRANCH_SHA: isMerged ? mergeRequest.targetSha : "",
      CI_MERGE_REQUEST_DIFF_BASE_SHA: mergeRequest.diffBaseSha,
      CI_MERGE_REQUEST_DRAFT: String(mergeRequest.draft),
    }),
    ...toVariables(
      {
        CI_MERGE_REQUEST_TITLE: mergeRequest.title,
        CI_MERGE_REQUEST_DESCRIPTION: description.slice(0, MAX_DESCRIPTION_LENGTH),
        CI_MERGE_REQUEST_LABELS: labels.length > 0 ? labels.join(",") : undefined,
      },
      FREE_TEXT,
    ),
    ...toVariables({
      CI_MERGE_REQUEST_DESCRIPTION_IS_TRUNCATED: String(
        description.length > MAX_DESCRIPTION_LENGTH,
      ),
    }),
  ];
}
