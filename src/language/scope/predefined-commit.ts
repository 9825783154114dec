import { refSlug } from "#image/ref-slug.ts";
import type { CommitFacts, PipelineFacts } from "../facts.ts";
import type { Variable } from "../variables.ts";
import { FREE_TEXT, toVariables } from "./to-variables.ts";

/** `CI_COMMIT_*` with the names that GitLab had for them before 9.0. What does not apply is absent. */
export function commitVariables(facts: PipelineFacts): Variable[] {
  const { commit, ref } = facts;
  const isTag = ref.kind === "tag";
  const isBranch = !isTag && facts.mergeRequest === undefined;
  const slug = refSlug(ref.name);
  return [
    ...toVariables({
      CI_COMMIT_SHA: commit.sha,
      CI_COMMIT_SHORT_SHA: commit.sha.slice(0, 8),
      CI_COMMIT_BEFORE_SHA: commit.beforeSha,
      CI_COMMIT_REF_NAME: ref.name,
      CI_COMMIT_REF_SLUG: slug,
      CI_COMMIT_REF_PROTECTED: String(ref.protected),
      CI_COMMIT_BRANCH: isBranch ? ref.name : undefined,
      CI_COMMIT_TAG: isTag ? ref.name : undefined,
      CI_COMMIT_TIMESTAMP: commit.timestamp,
    }),
    ...toVariables(
      {
        CI_COMMIT_TAG_MESSAGE: isTag ? (facts.tagMessage ?? "") : undefined,
        CI_COMMIT_MESSAGE: commit.message,
        CI_COMMIT_TITLE: title(commit),
        CI_COMMIT_DESCRIPTION: description(commit),
        CI_COMMIT_AUTHOR: `${commit.authorName} <${commit.authorEmail}>`,
      },
      FREE_TEXT,
    ),
    ...toVariables({
      CI_BUILD_REF: commit.sha,
      CI_BUILD_BEFORE_SHA: commit.beforeSha,
      CI_BUILD_REF_NAME: ref.name,
      CI_BUILD_REF_SLUG: slug,
      CI_BUILD_TAG: isTag ? ref.name : undefined,
    }),
  ];
}

function title(commit: CommitFacts): string {
  return commit.message.split(/[\r\n]/, 1)[0] ?? "";
}

/** What follows the first line; the whole message where that line is 100 characters or more. */
function description(commit: CommitFacts): string {
  if (title(commit).length >= 100) return commit.message;
  const lineEnd = commit.message.indexOf("\n");
  return lineEnd === -1 ? "" : commit.message.slice(lineEnd + 1).replace(/\r?\n$/, "");
}
