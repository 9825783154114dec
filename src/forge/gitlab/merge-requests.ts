import * as z from "zod/mini";
import { type ForgeHttp, readAnswer } from "../http/http.ts";
import { type MergeRequestReader, mostOpenMergeRequests, onlySha } from "../merge-requests.ts";
import * as answers from "./answers.ts";

const mergeRequests = z.array(
  z.looseObject({
    iid: z.int(),
    source_project_id: z.nullish(z.int()),
    target_project_id: z.int(),
  }),
);

/** Merge requests of a GitLab project (GitLab Docs: Merge requests API, Repositories API "merge base"). */
export function gitlabMergeRequests(
  http: ForgeHttp,
  base: string,
  resolveRef: (ref: string) => Promise<string | undefined>,
): MergeRequestReader {
  return {
    mergeRequestRef: (iid) => `refs/merge-requests/${iid}/head`,
    readMergeBase: async ({ targetBranch, sha }) => {
      const targetSha = (await resolveRef(`refs/heads/${targetBranch}`)) ?? "";
      if (targetSha === "") return { targetSha, diffBaseSha: "" };
      const path = `${base}/repository/merge_base?refs%5B%5D=${targetSha}&refs%5B%5D=${sha}`;
      const answer = await http({ path, expect: [400, 404] });
      const found =
        answer.status === 200 ? readAnswer(answers.commit, answer, "a merge base").id : "";
      return { targetSha, diffBaseSha: onlySha(found) };
    },
    listOpenMergeRequests: async (branch) => {
      const query = { state: "opened", source_branch: branch, per_page: 20 };
      const answer = await http({ path: `${base}/merge_requests`, query });
      return readAnswer(mergeRequests, answer, "open merge requests")
        .filter((each) => each.source_project_id === each.target_project_id)
        .slice(0, mostOpenMergeRequests)
        .map((each) => each.iid);
    },
  };
}
