import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { usersGit } from "#git/environment.ts";
import { runGit } from "#git/run.ts";
import { defined } from "#language/defined.ts";
import type { Branches } from "./facts.ts";
import { repositoryAbove } from "./source-file.ts";

/** Branches by the repository's own files, without a process; nothing where there is no repository. */
export function branchesOf(directory: string): Branches {
  const top = repositoryAbove(directory);
  if (top === undefined) return {};
  const gitDirectory = gitDirectoryOf(top);
  const current = symbolicRef(join(gitDirectory, "HEAD"), "refs/heads/");
  const common = textOf(join(gitDirectory, "commondir"));
  const shared = common === undefined ? gitDirectory : resolve(gitDirectory, common);
  const remote = join(shared, "refs/remotes/origin/HEAD");
  const main = symbolicRef(remote, "refs/remotes/origin/");
  return {
    ...defined({ current, default: main }),
  };
}

/** Tracked files and those that would be with the next `git add`; undefined where git has no say. */
export async function listTree(directory: string): Promise<readonly string[] | undefined> {
  const [listed, deleted] = await Promise.all([
    git(directory, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]),
    git(directory, ["ls-files", "-z", "--deleted"]),
  ]);
  if (listed === undefined || deleted === undefined || listed === "") return undefined;
  const gone = new Set(entries(deleted));
  return [...new Set(entries(listed))].filter((path) => !gone.has(path));
}

/**
 * Paths in which the working tree differs from where it left `base` (a branch, tag or sha; absent: the
 * branch's upstream), files not yet added included. "unknown" without a repository or an upstream.
 */
export async function changedInTree(
  directory: string,
  base: string | undefined,
): Promise<readonly string[] | "unknown" | "no-such-ref"> {
  if ((await git(directory, ["rev-parse", "--git-dir"])) === undefined) return "unknown";
  const names = base === undefined ? ["@{upstream}"] : [base, `refs/remotes/origin/${base}`];
  const found = await Promise.all(names.map((name) => commitOf(directory, name)));
  const sha = found.find((one) => one !== undefined);
  if (sha === undefined) return base === undefined ? "unknown" : "no-such-ref";
  const left = (await git(directory, ["merge-base", sha, "HEAD"]))?.trim() ?? sha;
  const [changed, added] = await Promise.all([
    git(directory, [
      "diff",
      "-z",
      "--name-only",
      "--no-renames",
      "--no-ext-diff",
      "--relative",
      left,
    ]),
    git(directory, ["ls-files", "-z", "--others", "--exclude-standard"]),
  ]);
  if (changed === undefined || added === undefined) return "unknown";
  return [...new Set([...entries(changed), ...entries(added)])];
}

async function commitOf(directory: string, name: string): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`];
  return (await git(directory, args))?.trim();
}

/** What git prints, or undefined when it fails or is not installed. */
async function git(directory: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const call = { directory, env: usersGit(), maxBytes: 256 * 1024 * 1024 };
    const { code, stdout } = await runGit(args, call);
    return code === 0 ? stdout.toString() : undefined;
  } catch {
    return undefined;
  }
}

function entries(output: string): readonly string[] {
  return output.split("\0").filter((path) => path !== "");
}

/** `.git` is a directory, or in a work tree a file that says where that is. */
function gitDirectoryOf(top: string): string {
  const path = join(top, ".git");
  if (statSync(path).isDirectory()) return path;
  return resolve(top, textOf(path)?.replace(/^gitdir: /, "") ?? ".");
}

function symbolicRef(path: string, prefix: string): string | undefined {
  const text = textOf(path);
  const start = `ref: ${prefix}`;
  return text?.startsWith(start) ? text.slice(start.length) : undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
