import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readGit } from "#forge/git/git-command.ts";
import { resolveCommits } from "#forge/git/git-objects.ts";
import type { PushedRef } from "./git-push.ts";

/** Whether the directory is a repository: `HEAD` is the last thing that creating one makes visible. */
export function repositoryExists(directory: string): boolean {
  return existsSync(join(directory, "HEAD"));
}

/** Makes an empty bare repository. Safe to call at the same time: the first one made stays. */
export async function createRepository(root: string, directory: string): Promise<void> {
  if (repositoryExists(directory)) return;
  const fresh = join(root, `.new-${randomUUID()}`);
  await mkdir(fresh, { recursive: true });
  await readGit(fresh, ["init", "--quiet", "--bare", "--template=", "--initial-branch=main"]);
  await mkdir(dirname(directory), { recursive: true });
  try {
    // A rename onto a directory that holds something fails: somebody else was first.
    await rename(fresh, directory);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!repositoryExists(directory)) throw error;
  }
}

/**
 * Points `HEAD` at a branch that exists, where it does not yet: `main`, else `master`, else the first
 * branch that was pushed.
 */
export async function settleDefaultBranch(
  directory: string,
  refs: readonly PushedRef[],
): Promise<void> {
  const first = refs.find(({ ref }) => ref.startsWith("refs/heads/"))?.ref;
  if (first === undefined) return;
  const choices = ["refs/heads/main", "refs/heads/master", first];
  const [head, ...found] = await resolveCommits(directory, ["HEAD", ...choices]);
  const choice = choices.find((_, index) => found[index] !== undefined);
  if (head !== undefined || choice === undefined) return;
  await readGit(directory, ["symbolic-ref", "HEAD", choice]);
}
