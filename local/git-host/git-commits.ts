import { runGit } from "#forge/git/git-command.ts";
import { isZeroSha } from "#forge/http/payload.ts";
import type { PushedRef } from "./git-push.ts";

export type PushedCommit = {
  readonly id: string;
  readonly message: string;
  readonly title: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly url: string;
  readonly author: { readonly name: string; readonly email: string };
};

/** GitLab's own limit on the commits of one event. */
const newest = 20;
/** Counting further would make a first push of a long history wait. */
const highestCount = 10_000;
const longestMessage = 64 * 1024;

/**
 * The commits that a push brought to a branch, oldest first: those after `before`, or on a new branch
 * those that the default branch does not have. Empty for tags, as in GitLab's events.
 */
export async function readPushedCommits(
  directory: string,
  { ref, before, after }: PushedRef,
  { defaultBranch, url }: { readonly defaultBranch: string; readonly url: string },
): Promise<{ readonly commits: readonly PushedCommit[]; readonly total: number }> {
  if (!ref.startsWith("refs/heads/") || isZeroSha(after)) return { commits: [], total: 0 };
  const known = isZeroSha(before) ? `refs/heads/${defaultBranch}` : before;
  const range = known === ref ? [after] : [after, `^${known}`];
  const [log, count] = await Promise.all([
    runGit(directory, ["log", "-z", `--max-count=${newest}`, `--format=${format}`, ...range, "--"]),
    runGit(directory, ["rev-list", "--count", `--max-count=${highestCount}`, ...range, "--"]),
  ]);
  const fields = log.stdout.toString("utf8").split("\0");
  const commits = Array.from({ length: Math.floor(fields.length / 5) }, (_, index) =>
    pushedCommit(fields.slice(index * 5, index * 5 + 5), url),
  );
  return { commits: commits.reverse(), total: Number(count.stdout.toString("utf8")) };
}

const format = "%H%x00%cI%x00%an%x00%ae%x00%B";

function pushedCommit(fields: readonly string[], url: string): PushedCommit {
  const [id = "", timestamp = "", name = "", email = "", text = ""] = fields;
  const message = text.slice(0, longestMessage);
  const title = message.split("\n", 1)[0] ?? "";
  return { id, message, title, timestamp, url: `${url}/-/commit/${id}`, author: { name, email } };
}
