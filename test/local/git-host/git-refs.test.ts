import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localForgeClient } from "#forge/local/client.ts";
import { commit, git, gitSync, newWorkTree, startGitHost } from "./git-fixture.ts";

let host: Awaited<ReturnType<typeof startGitHost>>;
beforeAll(async () => {
  host = await startGitHost();
});
afterAll(() => host.stop());

/** A commit that says one thing, and an object in place of its file that says another. */
async function honest(project: string) {
  const tree = newWorkTree(host.directory);
  writeFileSync(join(tree, ".gitlab-ci.yml"), "job: {script: [echo HONEST]}\n");
  gitSync(tree, "add", "-A");
  const sha = commit(tree, "one");
  writeFileSync(join(tree, "evil.yml"), "job: {script: [echo EVIL]}\n");
  gitSync(tree, "add", "-A");
  commit(tree, "the other object comes along");
  const [from, to] = [".gitlab-ci.yml", "evil.yml"].map((path) =>
    gitSync(tree, "rev-parse", `HEAD:${path}`),
  );
  expect(await git(tree, "push", host.url(`${project}.git`), "main")).toMatchObject({ code: 0 });
  return { tree, sha, from, to, bare: join(host.root, `${project}.git`) };
}

function client(project: string) {
  return localForgeClient(
    {
      root: host.root,
      publicUrl: "http://slipway.test",
      projectId: async () => 1,
      saveStatus: async () => undefined,
    },
    project,
  );
}

describe("the git host", () => {
  test.each([
    "refs/replace/FROM",
    "refs/notes/commits",
    "refs/pull/1/head",
    "refs/merge-requests/1/head",
    "refs/remotes/origin/main",
    "refs/stash",
    "refs/headsup/x",
    "refs/bisect/bad",
    "refs/original/refs/heads/main",
  ])("refuses %s, says why, and takes the branch beside it", async (name) => {
    const project = `refs/${name.replaceAll("/", "-").toLowerCase()}`;
    const { tree, from = "", to = "", bare } = await honest(project);
    const ref = name.replace("FROM", from);
    const pushed = await git(
      tree,
      "push",
      host.url(`${project}.git`),
      `${to}:${ref}`,
      "HEAD:refs/heads/beside",
    );
    expect(pushed.code).not.toBe(0);
    expect(pushed.text).toContain("Slipway keeps branches and tags only");
    expect(pushed.text).toMatch(/! \[remote rejected\] .*deny updating a hidden ref/);
    const refs = gitSync(bare, "for-each-ref", "--format=%(refname)").split("\n");
    expect(refs).toEqual(["refs/heads/beside", "refs/heads/main"]);
  });

  test("deletes none that was there, and shows none", async () => {
    const { tree, from = "", to = "", bare } = await honest("refs/old");
    gitSync(bare, "update-ref", `refs/replace/${from}`, to);
    const listed = await git(tree, "ls-remote", host.url("refs/old.git"));
    expect(listed.text).not.toContain("refs/replace");
    const pushed = await git(tree, "push", host.url("refs/old.git"), `:refs/replace/${from}`);
    expect(pushed.code).not.toBe(0);
    expect(gitSync(bare, "for-each-ref", "--format=%(refname)")).toContain("refs/replace/");
  });
});

test("a replacement that is in a repository already is obeyed by nothing of the service", async () => {
  const { sha, from = "", to = "", bare } = await honest("refs/replaced");
  gitSync(bare, "update-ref", `refs/replace/${from}`, to);
  const { readFile, changedPaths, listPaths, readCommit } = client("refs/replaced");
  expect(await readFile(sha, ".gitlab-ci.yml")).toContain("HONEST");
  expect(await listPaths(sha)).toEqual([".gitlab-ci.yml"]);

  const [main = ""] = gitSync(bare, "rev-parse", "main").split("\n");
  gitSync(bare, "update-ref", `refs/replace/${main}`, sha);
  expect((await readCommit(main))?.message).toContain("the other object comes along");
  expect(await changedPaths(sha, main)).toEqual(["evil.yml"]);

  const clone = mkdtempSync(join(tmpdir(), "slipway-clone-"));
  expect((await git(clone, "clone", "--quiet", host.url("refs/replaced.git"), "c")).code).toBe(0);
  expect(gitSync(join(clone, "c"), "show", `${sha}:.gitlab-ci.yml`)).toContain("HONEST");
  expect(gitSync(join(clone, "c"), "log", "-1", "--format=%s")).toBe(
    "the other object comes along",
  );
  rmSync(clone, { recursive: true });
});

test("a repository's own configuration names no program that the service runs", async () => {
  const { sha, bare, tree } = await honest("refs/configured");
  const canary = join(host.directory, "canary");
  const touch = `touch ${canary} #`;
  for (const key of [
    "core.fsmonitor",
    "core.sshCommand",
    "core.pager",
    "credential.helper",
    "core.editor",
  ]) {
    gitSync(bare, "config", key, touch);
  }
  gitSync(bare, "config", "diff.external", touch);
  gitSync(bare, "config", "uploadpack.packObjectsHook", touch);
  gitSync(bare, "config", "core.hooksPath", join(bare, "own-hooks"));
  cpSync("/bin/true", join(bare, "own-hooks", "post-receive"));
  writeFileSync(join(bare, "own-hooks", "pre-receive"), `#!/bin/sh\ntouch ${canary}\n`, {
    mode: 0o755,
  });
  const { readFile, changedPaths, listRefs } = client("refs/configured");
  await readFile(sha, ".gitlab-ci.yml");
  await changedPaths(sha, gitSync(bare, "rev-parse", "main"));
  await listRefs();
  commit(tree, "two");
  expect((await git(tree, "push", host.url("refs/configured.git"), "main")).code).toBe(0);
  expect((await git(tree, "fetch", host.url("refs/configured.git"), "main")).code).toBe(0);
  expect(existsSync(canary)).toBe(false);
});
