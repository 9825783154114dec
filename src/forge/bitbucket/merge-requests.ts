import * as z from "zod/mini";
import { isSamePath } from "#pipeline/project-key.ts";
import { type ForgeHttp, readAnswer } from "../http/http.ts";
import { type MergeRequestReader, mostOpenMergeRequests, onlySha } from "../merge-requests.ts";
import * as answers from "./answers.ts";

const pullRequest = z.looseObject({
  id: z.int(),
  source: z.looseObject({ repository: z.nullish(z.looseObject({ full_name: z.string() })) }),
});
const mergeBase = z.looseObject({ hash: z.string() });

/** Pull requests of a Bitbucket Cloud repository (Bitbucket Cloud REST API: Pullrequests, Commits "merge base"). */
export function bitbucketMergeRequests(
  http: ForgeHttp,
  base: string,
  project: string,
  resolveRef: (ref: string) => Promise<string | undefined>,
): MergeRequestReader {
  return {
    // Only the source branch leads to its commit.
    mergeRequestRef: () => undefined,
    readMergeBase: async ({ targetBranch, sha }) => {
      const targetSha = (await resolveRef(`refs/heads/${targetBranch}`)) ?? "";
      if (targetSha === "") return { targetSha, diffBaseSha: "" };
      const path = `${base}/merge-base/${targetSha}..${sha}`;
      const answer = await http({ path, expect: [400, 404] });
      const found = answer.status === 200 ? readAnswer(mergeBase, answer, "a merge base").hash : "";
      return { targetSha, diffBaseSha: onlySha(found) };
    },
    listOpenMergeRequests: async (branch) => {
      const q = `state="OPEN" AND source.branch.name="${branch.replaceAll('"', '\\"')}"`;
      const answer = await http({ path: `${base}/pullrequests`, query: { q, pagelen: 20 } });
      return readAnswer(answers.page(pullRequest), answer, "open pull requests")
        .values.filter(({ source }) => isSamePath(source.repository?.full_name ?? "", project))
        .slice(0, mostOpenMergeRequests)
        .map(({ id }) => id);
    },
  };
}
