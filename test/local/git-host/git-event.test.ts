import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSigningToken } from "#forge/http/standard-webhooks.ts";
import { localWebhooks } from "#forge/local/webhook.ts";
import { buildGitEvent } from "#local/git-host/git-event.ts";
import type { PushedRef } from "#local/git-host/git-push.ts";
import { nestPushOptions } from "#local/git-host/git-push-options.ts";
import { commit, git, gitSync, newWorkTree, startGitHost, user, zeros } from "./git-fixture.ts";

let host: Awaited<ReturnType<typeof startGitHost>>;
let tree: string;
let first: string;
let second: string;
const project = {
  id: 3,
  path: "group/app",
  url: "http://slipway.example/group/app",
  cloneUrl: "http://slipway.example/group/app.git",
};
const token = createSigningToken();
const now = 1_760_000_000_000;

beforeAll(async () => {
  host = await startGitHost();
  tree = newWorkTree(host.directory);
  first = commit(tree, "first\n\nwith a body");
  second = commit(tree, "second");
  gitSync(tree, "tag", "-a", "v1", "-m", "Release 1\n\nIt works.");
  gitSync(tree, "tag", "light");
  await git(
    tree,
    "push",
    host.url("group/app.git"),
    "main",
    "v1",
    "light",
    `${first}:refs/heads/old`,
  );
});
afterAll(() => host.stop());

const directory = () => join(host.root, "group/app.git");

function build(ref: PushedRef, pushOptions: readonly string[] = []) {
  const event = { directory: directory(), project, ref, pushOptions, user };
  return buildGitEvent(event, { token, deliveryId: "delivery-1", now });
}

async function read(ref: PushedRef, pushOptions: readonly string[] = []) {
  const request = await build(ref, pushOptions);
  if (request === undefined) throw new Error("no event");
  expect(await localWebhooks.verify(request, [token], now)).toEqual({
    authentic: true,
    deliveryId: "delivery-1",
  });
  const payload: Record<string, unknown> = JSON.parse(new TextDecoder().decode(request.body));
  return { events: localWebhooks.parse(request), payload, headers: request.headers };
}

describe("events of the git host", () => {
  test("a push is verified and read by the local forge, push options included", async () => {
    const options = ["ci.skip", "ci.variable=A=b=c", "ci.variable=D=", "slipway.follow", "stray"];
    const ref = { ref: "refs/heads/main", before: first, after: second };
    const { events, headers } = await read(ref, options);
    expect(headers.get("x-gitlab-event")).toBe("Push Hook");
    expect(events).toEqual([
      {
        kind: "push",
        project: {
          id: 3,
          path: "group/app",
          url: project.url,
          defaultBranch: "main",
          visibility: "private",
        },
        ref: "refs/heads/main",
        before: first,
        sha: second,
        user,
        pushOptions: options.slice(0, 4),
      },
    ]);
  });

  test("an annotated tag is built at its commit and carries its message", async () => {
    const after = gitSync(tree, "rev-parse", "v1");
    const { events, payload } = await read({ ref: "refs/tags/v1", before: zeros, after });
    expect(after).not.toBe(second);
    expect(events).toMatchObject([{ kind: "tag", ref: "refs/tags/v1", sha: second }]);
    expect(payload).toMatchObject({ object_kind: "tag_push", message: "Release 1\n\nIt works." });
  });

  test("a deleted branch and a deleted tag are just that", async () => {
    const gone = { before: second, after: zeros };
    expect((await read({ ref: "refs/heads/gone", ...gone })).events).toMatchObject([
      { kind: "branch_delete", ref: "refs/heads/gone", before: second },
    ]);
    expect((await read({ ref: "refs/tags/gone", ...gone })).events).toMatchObject([
      { kind: "tag_delete", ref: "refs/tags/gone" },
    ]);
  });

  test.for<[string, () => PushedRef, string[], number]>([
    ["of a push", () => ({ ref: "refs/heads/main", before: first, after: second }), ["second"], 1],
    [
      "of the first push",
      () => ({ ref: "refs/heads/main", before: zeros, after: second }),
      ["first", "second"],
      2,
    ],
    [
      "of a new branch without new commits",
      () => ({ ref: "refs/heads/old", before: zeros, after: first }),
      [],
      0,
    ],
    [
      "of a push over lost history",
      () => ({ ref: "refs/heads/main", before: "1".repeat(40), after: second }),
      [],
      0,
    ],
  ])("commits %s are listed oldest first", async ([, ref, titles, total]) => {
    const { payload } = await read(ref());
    expect(payload).toMatchObject({
      commits: titles.map((title) => ({ title, author: { email: "ann@example.com" } })),
      total_commits_count: total,
    });
    expect(payload.commits).toHaveLength(titles.length);
  });

  test("at most the newest twenty commits are listed, all are counted", async () => {
    for (let index = 0; index < 22; index++) commit(tree, `more ${index}`);
    const after = gitSync(tree, "rev-parse", "HEAD");
    await git(tree, "push", host.url("group/app.git"), "main");
    const { payload } = await read({ ref: "refs/heads/main", before: second, after });
    expect(payload).toMatchObject({ total_commits_count: 22 });
    expect(payload.commits).toHaveLength(20);
    expect(payload.commits).toMatchObject({ 0: { title: "more 2" }, 19: { title: "more 21" } });
  });

  test("refs that are neither branch nor tag make no event", async () => {
    expect(await build({ ref: "refs/notes/x", before: zeros, after: first })).toBeUndefined();
  });

  test("a token that cannot sign is an error, not an unsigned event", async () => {
    const ref = { ref: "refs/heads/main", before: first, after: second };
    const event = { directory: directory(), project, ref, pushOptions: [], user };
    const signing = { token: "plain", deliveryId: "1", now };
    await expect(buildGitEvent(event, signing)).rejects.toThrow(/whsec_/);
  });
});

test.for<[readonly string[], unknown]>([
  [[], {}],
  [["ci.skip"], { ci: { skip: true } }],
  [
    ["ci.variable=A=1", "ci.variable=B=2", "ci.variable=A=1"],
    { ci: { variable: { "A=1": 2, "B=2": 1 } } },
  ],
  [["ci.skip", "ci.input=a=b"], { ci: { skip: true, input: { "a=b": 1 } } }],
  [["mr.title=one", "mr.title=two\nlines"], { mr: { title: "two\nlines" } }],
  [["ci.variable", "ci.variable=A=1"], { ci: { variable: { "A=1": 1 } } }],
  [["skip", "", ".", "ci.", ".skip", "CI.SKIP", "a-b.c", "ci.skip.x"], {}],
])("push options %j nest as %j", ([options, expected]) => {
  expect(nestPushOptions(options)).toEqual(expected);
});
