import { runGit } from "../git-command.ts";
import { isRefName, isSha, resolveCommits } from "../git-objects.ts";
import { mergeBase } from "./merge-base.ts";

const largestList = 16 * 1024 * 1024;

/**
 * Paths that differ between two commits. Where `from` is the name of a ref, it stands for the commit
 * at which the two parted (GitLab: `rules:changes:compare_to`).
 */
export async function changedPaths(
  directory: string,
  from: string,
  to: string,
): Promise<readonly string[] | "unknown" | "no-such-ref"> {
  const names = [...candidates(from), ...candidates(to)];
  const split = candidates(from).length;
  const resolved = await resolveCommits(directory, names);
  const start = resolved.slice(0, split).find(Boolean);
  const end = resolved.slice(split).find(Boolean);
  if (start === undefined && from !== "" && !isSha(from)) return "no-such-ref";
  if (start === undefined || end === undefined) return "unknown";
  const base = isSha(from) ? start : await mergeBase(directory, start, end);
  if (base === undefined) return "unknown";
  const args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", base, end, "--"];
  const result = await runGit(directory, args, { maxBytes: largestList });
  // A shallow or damaged history cannot be compared; the answer is then that anything may differ.
  if (result.code !== 0 || result.truncated) return "unknown";
  return result.stdout.toString("utf8").split("\0").filter(Boolean);
}

/** Full names a commit or ref may have, first choice first; none where it could mean something else. */
function candidates(name: string): readonly string[] {
  if (isSha(name)) return [name];
  if (!isRefName(name)) return [];
  return name.startsWith("refs/") ? [name] : [`refs/heads/${name}`, `refs/tags/${name}`];
}
