import * as z from "zod/mini";
import { isSamePath } from "#pipeline/project-key.ts";
import { type ForgeHttp, readAnswer } from "../http/http.ts";
import { type MergeRequestReader, mostOpenMergeRequests, onlySha } from "../merge-requests.ts";
import * as answers from "./answers.ts";

const pullRequests = z.array(
  z.looseObject({
    number: z.int(),
    head: z.looseObject({ repo: z.nullish(z.looseObject({ full_name: z.string() })) }),
  }),
);

export type GitHubMergeRequestOptions = {
  readonly http: ForgeHttp;
  /** May read pull requests, which an App's token for commits and statuses may not. */
  readonly pullRequestHttp: ForgeHttp;
  /** `/repos/owner/name` */
  readonly base: string;
  /** `owner/name` */
  readonly project: string;
  readonly resolveRef: (ref: string) => Promise<string | undefined>;
};

/** Pull requests of a GitHub repository (GitHub Docs: REST API endpoints for pull requests, Compare two commits). */
export function githubMergeRequests(options: GitHubMergeRequestOptions): MergeRequestReader {
  const { http, pullRequestHttp, base, project, resolveRef } = options;
  return {
    mergeRequestRef: (iid) => `refs/pull/${iid}/head`,
    readMergeBase: async ({ targetBranch, sha }) => {
      const targetSha = (await resolveRef(`refs/heads/${targetBranch}`)) ?? "";
      if (targetSha === "") return { targetSha, diffBaseSha: "" };
      const path = `${base}/compare/${targetSha}...${sha}`;
      const answer = await http({ path, query: { per_page: 1 }, expect: [404, 422] });
      if (answer.status !== 200) return { targetSha, diffBaseSha: "" };
      const found = readAnswer(answers.compare, answer, "a comparison").merge_base_commit.sha;
      return { targetSha, diffBaseSha: onlySha(found) };
    },
    listOpenMergeRequests: async (branch) => {
      const owner = project.slice(0, project.indexOf("/"));
      const query = { state: "open", head: `${owner}:${branch}`, per_page: 20 };
      const answer = await pullRequestHttp({ path: `${base}/pulls`, query });
      return readAnswer(pullRequests, answer, "open pull requests")
        .filter(({ head }) => isSamePath(head.repo?.full_name ?? "", project))
        .slice(0, mostOpenMergeRequests)
        .map((each) => each.number);
    },
  };
}
