import { runGit } from "../git/git-command.ts";
import { isRefName, isSha, resolveCommits } from "../git/git-objects.ts";

/** The commit at which two parted; undefined where they have no common history. */
export async function mergeBase(
  directory: string,
  a: string,
  b: string,
): Promise<string | undefined> {
  const { code, stdout } = await runGit(directory, ["merge-base", a, b]);
  return code === 0 ? stdout.toString("utf8").trim() : undefined;
}

/** What a merge request into a branch would be compared with; "" for what is not there. */
export async function readMergeBase(
  directory: string,
  request: { readonly targetBranch: string; readonly sha: string },
): Promise<{ readonly targetSha: string; readonly diffBaseSha: string }> {
  const { targetBranch, sha } = request;
  if (!isRefName(targetBranch) || !isSha(sha)) return { targetSha: "", diffBaseSha: "" };
  const [targetSha = "", commit] = await resolveCommits(directory, [
    `refs/heads/${targetBranch}`,
    sha,
  ]);
  if (targetSha === "" || commit === undefined) return { targetSha, diffBaseSha: "" };
  return { targetSha, diffBaseSha: (await mergeBase(directory, targetSha, commit)) ?? "" };
}
