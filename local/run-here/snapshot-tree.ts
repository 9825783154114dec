import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { zeroSha } from "#forge/http/payload.ts";
import { askGit, type GitRun, git } from "./git.ts";

export type Snapshot = {
  /** The commit of the tree as it is: the repository's own where nothing differs from it. */
  readonly sha: string;
  /** Where the tree left its upstream; 40 zeros where it has none or does not differ from it. */
  readonly before: string;
  /** `refs/heads/x` or `refs/tags/x`. */
  readonly ref: string;
  readonly defaultBranch: string;
  readonly user: { readonly name: string; readonly email: string };
};

export type SnapshotOptions = {
  /** Anywhere in the working tree. */
  readonly directory: string;
  /** The bare repository to make; must not exist. */
  readonly repository: string;
  /** Absent: the branch that is checked out. */
  readonly ref?: string;
  readonly isTag: boolean;
  readonly defaultBranch?: string;
  /** Directories that stay out of it even where nothing ignores them. */
  readonly leaveOut: readonly string[];
};

/**
 * Makes a bare repository with a commit of the working tree: what is tracked as it is now, and what is not
 * ignored. The tree's own repository, if it is in one, lends its objects and is not touched: neither its
 * index nor its refs nor its objects.
 */
export async function snapshotTree(options: SnapshotOptions): Promise<Snapshot> {
  const { repository } = options;
  const here: GitRun = { directory: options.directory };
  const top = await askGit(here, ["rev-parse", "--show-toplevel"]);
  const current = await askGit(here, ["symbolic-ref", "--quiet", "--short", "HEAD"]);
  const defaultBranch = options.defaultBranch ?? (await defaultBranchOf(here)) ?? current ?? "main";
  await mkdir(repository, { recursive: true });
  const bare: GitRun = { directory: repository, env: { GIT_DIR: repository } };
  const format = (await askGit(here, ["rev-parse", "--show-object-format"])) ?? "sha1";
  await git(bare, [
    "init",
    "--quiet",
    "--bare",
    "--template=",
    `--object-format=${format}`,
    `--initial-branch=${defaultBranch}`,
  ]);
  if (top !== undefined) await borrow(here, bare, repository);
  const user = {
    name: (await askGit(here, ["config", "user.name"])) ?? "Working tree",
    email: (await askGit(here, ["config", "user.email"])) ?? "working-tree@localhost",
  };
  const sha = await commitTree({ ...options, top: top ?? resolve(options.directory) }, user);
  const name = options.ref ?? current ?? defaultBranch;
  const ref = `refs/${options.isTag ? "tags" : "heads"}/${name}`;
  await git(bare, ["update-ref", ref, sha]);
  const left = await askGit(here, ["merge-base", "@{upstream}", "HEAD"]);
  // With nothing to push, the run is as of a new branch: every `changes` holds.
  const before = left === undefined || left === sha ? zeroSha : left;
  return { sha, before, ref, defaultBranch, user };
}

async function defaultBranchOf(here: GitRun): Promise<string | undefined> {
  const remote = ["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"];
  const named = (await askGit(here, remote))?.replace(/^origin\//, "");
  if (named !== undefined) return named;
  for (const name of ["main", "master"]) {
    const there = await askGit(here, ["rev-parse", "--verify", "--quiet", `refs/heads/${name}`]);
    if (there !== undefined) return name;
  }
  return undefined;
}

/** Objects by reference, branches and tags by name; those of `origin` where there is no own branch. */
async function borrow(here: GitRun, bare: GitRun, repository: string): Promise<void> {
  const pathOf = async (name: string) =>
    resolve(here.directory, await git(here, ["rev-parse", "--git-path", name]));
  await mkdir(join(repository, "objects/info"), { recursive: true });
  await writeFile(join(repository, "objects/info/alternates"), `${await pathOf("objects")}\n`);
  await copyIfThere(await pathOf("shallow"), join(repository, "shallow"));
  const listed = await git(here, ["for-each-ref", "--format=%(objectname) %(refname)"]);
  const refs = new Map<string, string>();
  for (const line of listed.split("\n")) {
    const [sha = "", name = ""] = line.split(" ");
    const branch = /^refs\/remotes\/origin\/(?!HEAD$)(.+)$/.exec(name)?.[1];
    if (branch !== undefined && !refs.has(`refs/heads/${branch}`)) {
      refs.set(`refs/heads/${branch}`, sha);
    }
    if (/^refs\/(?:heads|tags)\//.test(name)) refs.set(name, sha);
  }
  const updates = [...refs].map(([name, sha]) => `update ${name}\0${sha}\0\0`).join("");
  await git({ ...bare, input: updates }, ["update-ref", "--stdin", "-z"]);
}

async function commitTree(
  options: SnapshotOptions & { readonly top: string },
  user: { readonly name: string; readonly email: string },
): Promise<string> {
  const { repository, top } = options;
  const index = join(repository, "working-tree-index");
  const own: GitRun = { directory: top };
  const gitDirectory = await askGit(own, ["rev-parse", "--absolute-git-dir"]);
  const env = {
    GIT_DIR: gitDirectory ?? repository,
    GIT_WORK_TREE: top,
    GIT_INDEX_FILE: index,
    GIT_OBJECT_DIRECTORY: join(repository, "objects"),
    GIT_AUTHOR_NAME: user.name,
    GIT_AUTHOR_EMAIL: user.email,
    GIT_COMMITTER_NAME: user.name,
    GIT_COMMITTER_EMAIL: user.email,
  };
  const run: GitRun = { directory: top, env };
  try {
    if (gitDirectory !== undefined) {
      const shared = await git(own, ["rev-parse", "--git-path", "index"]);
      await copyIfThere(resolve(top, shared), index);
    }
    const outside = options.leaveOut
      .map((path) => relative(top, resolve(path)))
      .filter((path) => path !== "" && !path.startsWith(".."))
      .map((path) => `:(exclude,literal)${path}`);
    await git(run, ["add", "--all", "--", ".", ...outside]);
    const tree = await git(run, ["write-tree"]);
    const head = await askGit(own, ["rev-parse", "--verify", "--quiet", "HEAD"]);
    if (head === undefined) return await git(run, ["commit-tree", tree, "-m", "Working tree"]);
    if ((await git(own, ["rev-parse", "HEAD^{tree}"])) === tree) return head;
    const input = await git(own, ["log", "-1", "--format=%B", "HEAD"]);
    return await git({ ...run, input }, ["commit-tree", tree, "-p", head, "-F", "-"]);
  } finally {
    await rm(index, { force: true });
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  await copyFile(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}
