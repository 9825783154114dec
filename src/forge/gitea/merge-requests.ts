import * as z from "zod/mini";
import { type ForgeHttp, readAnswer } from "../http/http.ts";
import { type MergeRequestReader, mostOpenMergeRequests, onlySha } from "../merge-requests.ts";

const side = z.looseObject({
  ref: z.string(),
  sha: z.nullish(z.string()),
  repo_id: z.nullish(z.int()),
});
const pullRequest = z.looseObject({
  number: z.int(),
  merge_base: z.nullish(z.string()),
  head: side,
  base: side,
});

const pageSize = 50;
const mostPages = 10;

/** Pull requests of a Gitea or Forgejo repository (their Swagger documents); `base` is `/repos/owner/name`. */
export function giteaMergeRequests(http: ForgeHttp, base: string): MergeRequestReader {
  return {
    mergeRequestRef: (iid) => `refs/pull/${iid}/head`,
    readMergeBase: async ({ iid }) => {
      const answer = await http({ path: `${base}/pulls/${iid}`, expect: [404] });
      if (answer.status !== 200) return { targetSha: "", diffBaseSha: "" };
      const found = readAnswer(pullRequest, answer, "a pull request");
      return { targetSha: onlySha(found.base.sha), diffBaseSha: onlySha(found.merge_base) };
    },
    // Its list cannot be asked for one branch only.
    listOpenMergeRequests: async (branch) => {
      const found: number[] = [];
      let read = 0;
      for (let page = 1; page <= mostPages; page++) {
        const query = { state: "open", limit: pageSize, page };
        const answer = await http({ path: `${base}/pulls`, query });
        const items = readAnswer(z.array(pullRequest), answer, "open pull requests");
        for (const { number, head, base: target } of items)
          if (head.ref === branch && head.repo_id === target.repo_id) found.push(number);
        // An installation may give fewer on a page than were asked for.
        read += items.length;
        const total = Number(answer.headers.get("x-total-count") ?? Number.NaN);
        const isLast = items.length === 0 || (total >= 0 && read >= total);
        if (isLast || found.length >= mostOpenMergeRequests) break;
      }
      return found.slice(0, mostOpenMergeRequests);
    },
  };
}
