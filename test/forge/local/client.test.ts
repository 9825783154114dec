import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommitStatus, ForgeError } from "#forge/forge.ts";
import { localForgeClient } from "#forge/local/client.ts";
import { isProjectPath } from "#forge/project-path.ts";
import {
  commit,
  git,
  gitSync,
  newWorkTree,
  startGitHost,
} from "../../local/git-host/git-fixture.ts";

let host: Awaited<ReturnType<typeof startGitHost>>;
let tree: string;
let first: string;
let second: string;
let side: string;
const missing = "1".repeat(40);
const saved: [string, CommitStatus][] = [];

beforeAll(async () => {
  host = await startGitHost();
  tree = newWorkTree(host.directory);
  mkdirSync(join(tree, "dir/ünï"), { recursive: true });
  writeFileSync(join(tree, ".gitlab-ci.yml"), "build: {script: [ä]}\n");
  writeFileSync(join(tree, 'dir/ünï/a b\n"c"'), "odd");
  writeFileSync(join(tree, "-n"), "dash");
  writeFileSync(join(tree, "empty"), "");
  symlinkSync("empty", join(tree, "link"));
  gitSync(tree, "add", ".");
  first = commit(tree, "first");
  gitSync(tree, "checkout", "-q", "-b", "feature/x");
  writeFileSync(join(tree, "side"), "1");
  gitSync(tree, "add", ".");
  side = commit(tree, "on the side");
  gitSync(tree, "checkout", "-q", "main");
  writeFileSync(join(tree, "big"), Buffer.alloc(9 * 1024 * 1024, "x"));
  gitSync(tree, "add", ".");
  gitSync(tree, "mv", "empty", "dir/moved");
  second = commit(tree, "second: ünï\n\nbody");
  gitSync(tree, "tag", "-a", "v1", "-m", "Release 1\n\nNotes.");
  gitSync(tree, "tag", "light");
  gitSync(tree, "tag", "-a", "nested", "-m", "tag of a tag", "v1");
  gitSync(tree, "tag", "blob", gitSync(tree, "rev-parse", "HEAD:-n"));
  await git(tree, "push", host.url("group/app.git"), "--all");
  await git(tree, "push", host.url("group/app.git"), "--tags");
});
afterAll(() => host.stop());

function client(project = "group/app") {
  return localForgeClient(
    {
      root: host.root,
      publicUrl: "http://slipway.example",
      cloneUrl: "http://172.17.0.1:8080",
      projectId: async (path) => (path === "group/app" ? 5 : undefined),
      saveStatus: async (path, status) => {
        saved.push([path, status]);
      },
    },
    project,
  );
}

describe("files", () => {
  test.for<[string, string | undefined]>([
    [".gitlab-ci.yml", "build: {script: [ä]}\n"],
    ["/.gitlab-ci.yml", "build: {script: [ä]}\n"],
    ["./.gitlab-ci.yml", "build: {script: [ä]}\n"],
    ["-n", "dash"],
    ["empty", ""],
    ["link", "empty"],
    ["dir", undefined],
    ["none", undefined],
    ["", undefined],
    ["../HEAD", undefined],
    ["dir/../.gitlab-ci.yml", undefined],
    ["none\nHEAD", undefined],
  ])("%j reads as %j", async ([path, expected]) => {
    expect(await client().readFile(first, path)).toBe(expected);
  });

  test.for(["--help", "HEAD", "main", missing, `${missing}^{/x}`, ""])(
    "no file is read at %j, which is no commit of the project",
    async (sha) => {
      expect(await client().readFile(sha, ".gitlab-ci.yml")).toBeUndefined();
    },
  );

  test("a file over the limit is an error that says so and is not asked for again", async () => {
    await expect(client().readFile(second, "big")).rejects.toMatchObject({
      name: "ForgeError",
      retryable: false,
      message: expect.stringContaining(`${second}:big is larger than`),
    });
  });

  test("all paths are listed, whatever they are called", async () => {
    expect(await client().listPaths(first)).toEqual(
      ["-n", ".gitlab-ci.yml", 'dir/ünï/a b\n"c"', "empty", "link"].sort(),
    );
  });

  test("listing what is no commit, or not there, is an error", async () => {
    await expect(client().listPaths("--help")).rejects.toThrow(/not a full commit id/);
    await expect(client().listPaths(missing)).rejects.toThrow(ForgeError);
  });
});

describe("changed paths", () => {
  test.for<[string, () => [string, string], readonly string[] | "unknown" | "no-such-ref"]>([
    ["between two commits", () => [first, second], ["big", "dir/moved", "empty"]],
    ["between the same commit", () => [first, first], []],
    [
      "between two commits that parted",
      () => [side, second],
      ["big", "dir/moved", "empty", "side"],
    ],
    ["since a branch parted from main", () => ["main", side], ["side"]],
    [
      "since a branch parted from main, full names",
      () => ["refs/heads/main", "feature/x"],
      ["side"],
    ],
    ["since a tag", () => ["v1", second], []],
    ["since lost history", () => [missing, second], "unknown"],
    ["since no commit at all", () => ["0".repeat(40), second], "unknown"],
    ["since a branch that is not there", () => ["gone", second], "no-such-ref"],
    ["since an option", () => ["--output=/tmp/x", second], "no-such-ref"],
    ["since an expression", () => ["main~1", second], "no-such-ref"],
    ["since a range", () => ["main..feature/x", second], "no-such-ref"],
    ["since nothing", () => ["", second], "unknown"],
  ])("%s", async ([, range, expected]) => {
    expect(await client().changedPaths(...range())).toEqual(expected);
  });
});

describe("commits, tags and refs", () => {
  test("a commit has its message, author and time", async () => {
    const found = await client().readCommit(second);
    expect(found).toEqual({
      sha: second,
      message: "second: ünï\n\nbody\n",
      authorName: "Ann",
      authorEmail: "ann@example.com",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/),
    });
    expect(await client().readCommit(missing)).toBeUndefined();
    expect(await client().readCommit("main")).toBeUndefined();
  });

  test.for<[string, string | undefined]>([
    ["v1", "Release 1\n\nNotes."],
    ["nested", "tag of a tag"],
    ["light", undefined],
    ["none", undefined],
    ["v1^{}", undefined],
    ["../heads/main", undefined],
    ["-v", undefined],
  ])("the message of tag %s is %j", async ([tag, expected]) => {
    expect(await client().readTagMessage(tag)).toBe(expected);
  });

  test("every branch and tag is listed with its commit, a tag of anything else is not", async () => {
    expect(await client().listRefs()).toEqual([
      { ref: "refs/heads/feature/x", sha: side },
      { ref: "refs/heads/main", sha: second },
      { ref: "refs/tags/light", sha: second },
      { ref: "refs/tags/nested", sha: second },
      { ref: "refs/tags/v1", sha: second },
    ]);
  });
});

describe("the project", () => {
  test("is described by its repository", async () => {
    writeFileSync(join(host.root, "group/app.git/description"), "An app.\n");
    expect(await client().readProject()).toEqual({
      id: 5,
      path: "group/app",
      title: "app",
      description: "An app.",
      visibility: "private",
      defaultBranch: "main",
      url: "http://slipway.example/group/app",
      configPath: ".gitlab-ci.yml",
    });
  });

  test("is none where nothing was pushed, and reading from it is an error", async () => {
    expect(await client("group/none").readProject()).toBeUndefined();
    await expect(client("group/none").listRefs()).rejects.toMatchObject({ retryable: false });
  });

  test.for([
    "../group/app",
    "group/../group/app",
    "/etc",
    "",
    "-x",
    "a/b/c/d/e/f",
    "a.git",
    "a\0b",
  ])("cannot be called %j", (path) => {
    expect(isProjectPath(path)).toBe(false);
    expect(() => client(path)).toThrow(ForgeError);
  });

  test("keeps statuses where it is told to, and is cloned with the job's token", async () => {
    const status: CommitStatus = {
      sha: second,
      ref: "main",
      context: "slipway",
      state: "success",
      description: "passed",
      targetUrl: "http://slipway.example/p/1",
    };
    expect(await client().postStatus(status)).toEqual({});
    expect(saved).toEqual([["group/app", status]]);
    expect(await client().cloneAccess("job")).toEqual({
      url: "http://172.17.0.1:8080/group/app.git",
      username: "gitlab-ci-token",
      password: "job",
    });
  });
});
