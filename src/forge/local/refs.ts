import { readGit } from "../git/git-command.ts";
import { resolveCommits } from "../git/git-objects.ts";

const largestList = 64 * 1024 * 1024;

/** Branches and tags with the commit each leads to; tags of anything else are left out. */
export async function listRefs(
  directory: string,
): Promise<readonly { readonly ref: string; readonly sha: string }[]> {
  const args = ["for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags"];
  const output = await readGit(directory, args, { maxBytes: largestList });
  const refs = output.toString("utf8").split("\n").filter(Boolean);
  const commits = await resolveCommits(directory, refs);
  return refs.flatMap((ref, index) => {
    const sha = commits[index];
    return sha === undefined ? [] : [{ ref, sha }];
  });
}
