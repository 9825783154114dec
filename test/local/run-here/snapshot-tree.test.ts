import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { snapshotTree } from "#local/run-here/snapshot-tree.ts";

let work: string;
let tree: string;
let repository: string;

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "slipway-snapshot-"));
  tree = join(work, "tree");
  repository = join(work, "bare.git");
  mkdirSync(tree);
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];

function git(directory: string, ...args: string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", LC_ALL: "C" };
  return execFileSync("git", [...identity, ...args], {
    cwd: directory,
    env,
    encoding: "utf8",
  }).trim();
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    writeFileSync(join(tree, name), text);
  }
}

function commit(message = "First"): string {
  git(tree, "add", "--all");
  git(tree, "commit", "--quiet", "--message", message);
  return git(tree, "rev-parse", "HEAD");
}

function snapshot(parts: Partial<Parameters<typeof snapshotTree>[0]> = {}) {
  return snapshotTree({ directory: tree, repository, isTag: false, leaveOut: [], ...parts });
}

function filesOf(sha: string): string[] {
  return git(repository, "ls-tree", "-r", "--name-only", sha).split("\n");
}

/** Everything in `.git` but the time at which it was looked at. */
function fingerprint(directory: string): string {
  const hash = createHash("sha256");
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    hash.update(path);
    if (entry.isFile()) hash.update(readFileSync(path));
  }
  return hash.digest("hex");
}

describe("a working tree with a repository", () => {
  beforeEach(() => {
    git(tree, "init", "--quiet", "--initial-branch=main");
    write({ "kept.txt": "kept\n", "gone.txt": "gone\n", ".gitignore": "*.log\n" });
    commit("Subject\n\nBody");
  });

  test("that is clean is its own commit", async () => {
    const { sha, ref } = await snapshot();
    expect(sha).toBe(git(tree, "rev-parse", "HEAD"));
    expect(ref).toBe("refs/heads/main");
    expect(git(repository, "rev-parse", ref)).toBe(sha);
  });

  test("is taken as it is on disk: changed, new, staged and deleted, but not what is ignored", async () => {
    write({ "kept.txt": "changed\n", "new/file.txt": "new\n", "noise.log": "", "staged.txt": "1" });
    rmSync(join(tree, "gone.txt"));
    git(tree, "add", "staged.txt");
    const before = fingerprint(join(tree, ".git"));
    const { sha, ref } = await snapshot();
    expect(filesOf(sha)).toEqual([".gitignore", "kept.txt", "new/file.txt", "staged.txt"]);
    expect(git(repository, "show", `${ref}:kept.txt`)).toBe("changed");
    expect(git(repository, "rev-parse", `${sha}^`)).toBe(git(tree, "rev-parse", "HEAD"));
    expect(git(repository, "log", "-1", "--format=%B", sha)).toBe("Subject\n\nBody");
    expect(fingerprint(join(tree, ".git"))).toBe(before);
    expect(readdirSync(repository)).not.toContain("working-tree-index");
  });

  test("is taken whole from a directory below its top, without what is left out", async () => {
    write({ "below/here.txt": "", ".slipway/access-token": "secret", "data/kept": "" });
    const leaveOut = [join(tree, ".slipway"), join(work, "elsewhere")];
    const { sha } = await snapshot({ directory: join(tree, "below"), leaveOut });
    expect(filesOf(sha)).toEqual([
      ".gitignore",
      "below/here.txt",
      "data/kept",
      "gone.txt",
      "kept.txt",
    ]);
  });

  test("keeps its branches and tags, and origin's where it has none of that name", async () => {
    git(tree, "tag", "v1");
    git(tree, "branch", "own");
    const first = git(tree, "rev-parse", "HEAD");
    write({ "kept.txt": "second\n" });
    const second = commit("Second");
    git(tree, "update-ref", "refs/remotes/origin/own", second);
    git(tree, "update-ref", "refs/remotes/origin/theirs", second);
    git(tree, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/theirs");
    const { defaultBranch } = await snapshot({ ref: "feature/x" });
    expect(defaultBranch).toBe("theirs");
    expect(
      git(repository, "for-each-ref", "--format=%(refname) %(objectname)").split("\n"),
    ).toEqual([
      `refs/heads/feature/x ${second}`,
      `refs/heads/main ${second}`,
      `refs/heads/own ${first}`,
      `refs/heads/theirs ${second}`,
      `refs/tags/v1 ${first}`,
    ]);
  });

  test("says where it left its upstream, if it has one and differs from it", async () => {
    expect((await snapshot()).before).toBe("0".repeat(40));
    const base = git(tree, "rev-parse", "HEAD");
    git(tree, "update-ref", "refs/remotes/origin/main", base);
    git(tree, "config", "remote.origin.url", "https://example.com/x.git");
    git(tree, "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*");
    git(tree, "config", "branch.main.remote", "origin");
    git(tree, "config", "branch.main.merge", "refs/heads/main");
    expect((await snapshot({ repository: join(work, "same.git") })).before).toBe("0".repeat(40));
    write({ "kept.txt": "ahead\n" });
    commit("Ahead");
    expect((await snapshot({ repository: join(work, "ahead.git") })).before).toBe(base);
  });

  test("can be run as a tag", async () => {
    const { ref, sha } = await snapshot({ ref: "v2", isTag: true });
    expect(ref).toBe("refs/tags/v2");
    expect(git(repository, "rev-parse", "refs/tags/v2")).toBe(sha);
  });

  test("cannot be run as a ref that git does not allow", async () => {
    await expect(snapshot({ ref: "no..way" })).rejects.toThrow(/no\.\.way/);
  });
});

describe("a directory without a repository", () => {
  test("is taken whole, and stays without one", async () => {
    write({ ".gitlab-ci.yml": "job: {script: make}\n", "src/a.c": "", ".slipway/token": "" });
    const { sha, ref, before } = await snapshot({ leaveOut: [join(tree, ".slipway")] });
    expect(filesOf(sha)).toEqual([".gitlab-ci.yml", "src/a.c"]);
    expect(ref).toBe("refs/heads/main");
    expect(before).toBe("0".repeat(40));
    expect(readdirSync(tree).toSorted()).toEqual([".gitlab-ci.yml", ".slipway", "src"]);
  });
});

test("a repository without a commit is taken too", async () => {
  git(tree, "init", "--quiet", "--initial-branch=trunk");
  write({ "a.txt": "" });
  const { sha, ref, defaultBranch } = await snapshot();
  expect(filesOf(sha)).toEqual(["a.txt"]);
  expect([ref, defaultBranch]).toEqual(["refs/heads/trunk", "trunk"]);
});
