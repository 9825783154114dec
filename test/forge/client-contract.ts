import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommitStatus, ForgeClient } from "#forge/forge.ts";
import { commit, git, gitSync, newWorkTree } from "../local/git-host/git-fixture.ts";

export const missing = "1".repeat(40);

export type Sample = {
  /** A bare repository, with branches `main` and `feature/x`, and tags `v1` (annotated) and `light`. */
  readonly repository: string;
  readonly first: string;
  readonly second: string;
  readonly side: string;
  readonly tagObject: string;
  readonly remove: () => void;
};

/** The repository that every client reads, at `<root>/<project>.git`. */
export function makeSample(
  project = "group/app",
  more: Readonly<Record<string, string>> = {},
): Sample & { readonly root: string } {
  const root = mkdtempSync(join(tmpdir(), "slipway-forge-"));
  const tree = newWorkTree(root);
  mkdirSync(join(tree, "dir/ünï"), { recursive: true });
  writeFileSync(join(tree, ".gitlab-ci.yml"), "build: {script: [ä]}\n");
  writeFileSync(join(tree, "dir/ünï/a b#c?d%.txt"), "odd");
  writeFileSync(join(tree, "empty"), "");
  for (let index = 0; index < 12; index++) writeFileSync(join(tree, `dir/${index}`), "");
  gitSync(tree, "add", ".");
  const first = commit(tree, "first");
  gitSync(tree, "checkout", "-q", "-b", "feature/x");
  writeFileSync(join(tree, "side"), "1");
  gitSync(tree, "add", ".");
  const side = commit(tree, "on the side");
  gitSync(tree, "checkout", "-q", "main");
  writeFileSync(join(tree, "big"), Buffer.alloc(9 * 1024 * 1024, "x"));
  for (const [name, text] of Object.entries(more)) writeFileSync(join(tree, name), text);
  writeFileSync(join(tree, "two-megabytes"), Buffer.alloc(2 * 1024 * 1024, "y"));
  gitSync(tree, "add", ".");
  gitSync(tree, "mv", "empty", "moved");
  const second = commit(tree, "second: ünï\n\nbody");
  gitSync(tree, "tag", "-a", "v1", "-m", "Release 1\n\nNotes.");
  gitSync(tree, "tag", "light");
  const repository = join(root, `${project}.git`);
  execFileSync("git", ["clone", "-q", "--bare", tree, repository]);
  const tagObject = gitSync(repository, "rev-parse", "refs/tags/v1");
  const remove = () => rmSync(root, { recursive: true, force: true });
  return { root, repository, first, second, side, tagObject, remove };
}

export const statusOf = (sha: string): CommitStatus => ({
  sha,
  ref: "main",
  context: "slipway",
  state: "pending",
  description: "waiting",
  targetUrl: "http://slipway.example/group/app/-/pipelines/1",
});

/** What a client of any forge promises, whatever its API makes of it. */
export function clientContract(
  name: string,
  start: () => Promise<{
    readonly client: ForgeClient;
    readonly sample: Sample;
    readonly project: string;
    /** Clones need the network of the forge. */
    readonly clones: boolean;
    /** Whether it has merge requests at all. */
    readonly mergeRequests: boolean;
    readonly stop: () => Promise<void>;
  }>,
): void {
  describe(`the client of ${name}`, () => {
    let forge: Awaited<ReturnType<typeof start>>;
    let client: ForgeClient;
    let sample: Sample;
    beforeAll(async () => {
      forge = await start();
      ({ client, sample } = forge);
    });
    afterAll(() => forge.stop());

    test.for<[string, string | undefined]>([
      [".gitlab-ci.yml", "build: {script: [ä]}\n"],
      ["/.gitlab-ci.yml", "build: {script: [ä]}\n"],
      ["./.gitlab-ci.yml", "build: {script: [ä]}\n"],
      ["dir/ünï/a b#c?d%.txt", "odd"],
      ["empty", ""],
      ["dir", undefined],
      ["none", undefined],
      ["", undefined],
      ["../HEAD", undefined],
      ["dir/../.gitlab-ci.yml", undefined],
      ["dir//0", undefined],
    ])("reads %j as %j", async ([path, expected]) => {
      expect(await client.readFile(sample.first, path)).toBe(expected);
    });

    test("reads a file of megabytes, and refuses one over the limit for good", async () => {
      expect((await client.readFile(sample.second, "two-megabytes"))?.length).toBe(2 * 1024 * 1024);
      await expect(client.readFile(sample.second, "big")).rejects.toMatchObject({
        name: "ForgeError",
        retryable: false,
      });
    });

    test.for(["--help", "HEAD", "main", missing, "../../x", ""])(
      "reads no file at %j, which is no commit",
      async (sha) => expect(await client.readFile(sha, ".gitlab-ci.yml")).toBeUndefined(),
    );

    test("lists all files, page after page", async () => {
      const numbered = Array.from({ length: 12 }, (_, index) => `dir/${index}`);
      expect(await client.listPaths(sample.first)).toEqual(
        [".gitlab-ci.yml", "dir/ünï/a b#c?d%.txt", "empty", ...numbered].sort(),
      );
    });

    test("cannot list what is no commit", async () => {
      await expect(client.listPaths(missing)).rejects.toMatchObject({ name: "ForgeError" });
    });

    test.for<[string, () => [string, string], readonly string[] | "unknown" | "no-such-ref"]>([
      [
        "between a commit and its successor",
        () => [sample.first, sample.second],
        ["big", "empty", "moved", "two-megabytes"],
      ],
      ["between a commit and itself", () => [sample.first, sample.first], []],
      ["since a branch parted", () => ["main", sample.side], ["side"]],
      ["since a branch parted, by full names", () => ["refs/heads/main", "feature/x"], ["side"]],
      ["since a tag", () => ["v1", sample.second], []],
      ["since lost history", () => [missing, sample.second], "unknown"],
      ["since no commit at all", () => ["0".repeat(40), sample.second], "unknown"],
      ["since nothing", () => ["", sample.second], "unknown"],
      ["since a branch that is not there", () => ["gone", sample.second], "no-such-ref"],
      ["since an expression", () => ["main~1", sample.second], "no-such-ref"],
      ["since a range", () => ["main..feature/x", sample.second], "no-such-ref"],
      ["since an option", () => ["--output=/tmp/x", sample.second], "no-such-ref"],
    ])("knows what changed %s", async ([, range, expected]) => {
      expect(await client.changedPaths(...range())).toEqual(expected);
    });

    test("never says too little about a force push", async () => {
      const paths = await client.changedPaths(sample.side, sample.second);
      const all = ["big", "empty", "moved", "side", "two-megabytes"];
      expect([all, "unknown"]).toContainEqual(paths);
    });

    test("reads a commit, also by its annotated tag's id", async () => {
      const found = await client.readCommit(sample.second);
      expect({ ...found, message: found?.message.trim() }).toEqual({
        sha: sample.second,
        message: "second: ünï\n\nbody",
        authorName: "Ann",
        authorEmail: "ann@example.com",
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/),
      });
      expect(await client.readCommit(sample.tagObject)).toEqual(found);
    });

    test.for([missing, "main", "--help", "../..", ""])("knows no commit %j", async (sha) => {
      expect(await client.readCommit(sha)).toBeUndefined();
    });

    test.for<[string, string | undefined]>([
      ["v1", "Release 1\n\nNotes."],
      ["light", undefined],
      ["none", undefined],
      ["v", undefined],
      ["v1^{}", undefined],
      ["../heads/main", undefined],
      ["-v", undefined],
    ])("knows the message of tag %s", async ([tag, expected]) => {
      expect(await client.readTagMessage(tag)).toBe(expected);
    });

    test("describes the project", async () => {
      expect(await client.readProject()).toMatchObject({
        id: expect.any(Number),
        path: forge.project,
        title: expect.stringMatching(/^app$/i),
        visibility: "private",
        defaultBranch: "main",
        url: expect.stringMatching(/^http:\/\/[^/]+\//),
      });
    });

    test("lists branches and tags with the commits that they lead to", async () => {
      const refs = await client.listRefs();
      expect([...refs].sort((a, b) => (a.ref < b.ref ? -1 : 1))).toEqual([
        { ref: "refs/heads/feature/x", sha: sample.side },
        { ref: "refs/heads/main", sha: sample.second },
        { ref: "refs/tags/light", sha: sample.second },
        { ref: "refs/tags/v1", sha: sample.second },
      ]);
    });

    test.for<[string, () => string, () => [string, string]]>([
      ["main", () => sample.side, () => [sample.second, sample.first]],
      ["main", () => sample.second, () => [sample.second, sample.second]],
    ])("knows where a merge request into %s parted from it", async ([targetBranch, sha, base]) => {
      const [targetSha, diffBaseSha] = base();
      const iid = sha() === sample.side ? 1 : 4;
      const found = await client.readMergeBase({ iid, targetBranch, sha: sha() });
      // Gitea tells of merge requests only, and there is no fourth.
      const expected = found.targetSha === "" && iid === 4 ? ["", ""] : [targetSha, diffBaseSha];
      expect([found.targetSha, found.diffBaseSha]).toEqual(expected);
    });

    test.for(["gone", "--all", "a..b"])(
      "says nothing of a merge request into %j, which is no branch",
      async (targetBranch) => {
        const request = { iid: 9, targetBranch, sha: sample.side };
        expect(await client.readMergeBase(request)).toEqual({ targetSha: "", diffBaseSha: "" });
      },
    );

    test("names a branch's open merge requests, without those of forks", async () => {
      const expected = forge.mergeRequests ? [[1], [3], []] : [[], [], []];
      const branches = ["feature/x", "other", 'odd"name'];
      const found = await Promise.all(branches.map(client.listOpenMergeRequests));
      expect(found).toEqual(expected);
    });

    test.for(["pending", "running", "success"] as const)(
      "posts %s, twice if need be",
      async (state) => {
        const status = { ...statusOf(sample.first), state };
        const told = await client.postStatus(status);
        await client.postStatus({ ...status, ...told });
      },
    );

    test("gives what a clone needs", async (context) => {
      if (!forge.clones) context.skip();
      const access = await client.cloneAccess("job");
      const url = new URL(access.url);
      expect(url.username + url.password).toBe("");
      url.username = access.username;
      url.password = access.password;
      const into = mkdtempSync(join(tmpdir(), "slipway-clone-"));
      const cloned = await git(into, "clone", "-q", url.href, "app");
      rmSync(into, { recursive: true, force: true });
      expect(cloned).toMatchObject({ code: 0 });
    });
  });
}
