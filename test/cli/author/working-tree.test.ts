import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listInside, readInside } from "../../../cli/author/directory-tree.ts";
import { branchesOf, changedInTree } from "../../../cli/author/git.ts";
import { readSourceFile } from "../../../cli/author/source-file.ts";
import { scratch } from "./scratch.ts";

let directory: ReturnType<typeof scratch>;
beforeEach(() => {
  directory = scratch({
    ".gitlab-ci.yml": "a: 1",
    "ci/b.yml": "b: 1",
    "out/log": "",
    ".gitignore": "out",
  });
});
afterEach(() => directory.remove());

/** A branch `feature` that left `main`, which went on. */
function makeRepository(): void {
  const { git, write } = directory;
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", "one");
  git("switch", "-q", "-c", "feature");
  write({ "src/new.ts": "1", "ci/b.yml": "b: 2" });
  git("add", "-A");
  git("commit", "-q", "-m", "two");
  git("switch", "-q", "main");
  write({ "other.txt": "1" });
  git("add", "-A");
  git("commit", "-q", "-m", "three");
  git("switch", "-q", "feature");
}

describe("readInside", () => {
  test.for<[string, string | undefined]>([
    ["ci/b.yml", "b: 1"],
    ["/ci/b.yml", "b: 1"],
    ["ci/../ci/b.yml", "b: 1"],
    ["ci", undefined],
    ["nowhere.yml", undefined],
    ["../../../../../../etc/hostname", undefined],
    ["a\u0000b", undefined],
  ])("%s", async ([path, text]) => {
    expect(await readInside(directory.path, path)).toBe(text);
  });

  test("does not follow a link out of the project", async () => {
    const outside = scratch({ "secret.yml": "s: 1" });
    symlinkSync(join(outside.path, "secret.yml"), join(directory.path, "link.yml"));
    expect(await readInside(directory.path, "link.yml")).toBeUndefined();
    outside.remove();
  });
});

describe("listInside", () => {
  test("lists all files where there is no repository", async () => {
    const paths = await listInside(directory.path);
    expect(paths).toEqual([".gitignore", ".gitlab-ci.yml", "ci/b.yml", "out/log"]);
  });

  test("lists what a repository has or would add: neither ignored nor deleted files", async () => {
    makeRepository();
    directory.write({ "added.txt": "" });
    directory.git("rm", "-q", "--cached", "ci/b.yml");
    directory.git("rm", "-q", ".gitignore");
    directory.write({ ".git/info/exclude": "out" });
    const paths = await listInside(directory.path);
    expect(paths.toSorted()).toEqual([".gitlab-ci.yml", "added.txt", "ci/b.yml", "src/new.ts"]);
  });
});

describe("changedInTree", () => {
  test.for<[string | undefined, readonly string[] | string]>([
    ["main", ["ci/b.yml", "src/new.ts"]],
    ["feature", []],
    ["nowhere", "no-such-ref"],
    ["--help", "no-such-ref"],
    [undefined, "unknown"],
  ])("compared with %s", async ([base, expected]) => {
    makeRepository();
    expect(await changedInTree(directory.path, base)).toEqual(expected);
  });

  test("counts what is not committed and not added yet", async () => {
    makeRepository();
    directory.write({ ".gitlab-ci.yml": "a: 2", "brand new.txt": "" });
    const changed = await changedInTree(directory.path, "feature");
    expect(changed).toEqual([".gitlab-ci.yml", "brand new.txt"]);
  });

  test("compares with the upstream where there is one", async () => {
    makeRepository();
    directory.git("branch", "-q", "--set-upstream-to=main");
    expect(await changedInTree(directory.path, undefined)).toEqual(["ci/b.yml", "src/new.ts"]);
  });

  test("is unknown without a repository", async () => {
    expect(await changedInTree(directory.path, "main")).toBe("unknown");
  });
});

describe("branchesOf", () => {
  test("knows the branch here and the remote's default branch", () => {
    makeRepository();
    expect(branchesOf(directory.path)).toEqual({ current: "feature" });
    directory.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk");
    expect(branchesOf(join(directory.path, "ci"))).toEqual({
      current: "feature",
      default: "trunk",
    });
  });

  test("knows them in a linked work tree", () => {
    makeRepository();
    directory.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk");
    directory.git("worktree", "add", "-q", "-b", "side", "tree");
    expect(branchesOf(join(directory.path, "tree"))).toEqual({ current: "side", default: "trunk" });
  });

  test("knows none with a detached head or without a repository", () => {
    expect(branchesOf(directory.path)).toEqual({});
    makeRepository();
    directory.git("switch", "-q", "--detach");
    expect(branchesOf(directory.path)).toEqual({});
  });
});

describe("readSourceFile", () => {
  test.for<[string, string | undefined, { name: string; root: string }]>([
    [".gitlab-ci.yml", undefined, { name: ".gitlab-ci.yml", root: "." }],
    ["ci/b.yml", undefined, { name: "ci/b.yml", root: "." }],
    ["sub/.gitlab-ci.yml", undefined, { name: ".gitlab-ci.yml", root: "sub" }],
    ["sub/.gitlab-ci.yml", ".", { name: "sub/.gitlab-ci.yml", root: "." }],
    ["ci/b.yml", "sub", { name: "b.yml", root: "sub" }],
  ])("%s in a repository, root %s", async ([file, root, expected]) => {
    makeRepository();
    directory.write({ "sub/.gitlab-ci.yml": "c: 1" });
    const at = (path: string): string => join(directory.path, path);
    const found = await readSourceFile(at(file), root && at(root));
    expect({ name: found.name, root: found.root }).toEqual({
      ...expected,
      root: at(expected.root),
    });
  });

  test("outside a repository, the file's directory is the project's", async () => {
    const found = await readSourceFile(join(directory.path, "ci/b.yml"));
    expect(found).toEqual({ name: "b.yml", root: join(directory.path, "ci"), text: "b: 1" });
  });
});
