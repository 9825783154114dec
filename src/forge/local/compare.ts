import type { Comparer } from "../git/compare.ts";
import { runGit } from "../git/git-command.ts";
import { resolveCommits } from "../git/git-objects.ts";
import { mergeBase } from "./merge-base.ts";

const largestList = 16 * 1024 * 1024;

/** Compares commits of a bare repository. */
export function localComparer(directory: string): Comparer {
  return {
    resolveRef: async (ref) => (await resolveCommits(directory, [ref]))[0],
    compare: async (from, to, sinceParted) => {
      const base = sinceParted ? await mergeBase(directory, from, to) : from;
      if (base === undefined) return "unknown";
      const args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", base, to, "--"];
      const result = await runGit(directory, args, { maxBytes: largestList });
      // A shallow or damaged history cannot be compared; the answer is then that anything may differ.
      if (result.code !== 0 || result.truncated) return "unknown";
      return result.stdout.toString("utf8").split("\0").filter(Boolean);
    },
  };
}
