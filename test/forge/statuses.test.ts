import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connectForge } from "#forge/connections.ts";
import type { CommitStatus } from "#forge/forge.ts";
import { type ForgeConnection, toConnection } from "#project/connection.ts";
import { makeSample, type Sample, statusOf } from "./client-contract.ts";
import { bitbucketDouble, bitbucketProject } from "./doubles/bitbucket.ts";
import { giteaDouble, giteaProject } from "./doubles/gitea.ts";
import { githubDouble, githubProject } from "./doubles/github.ts";
import { gitlabDouble, gitlabForkId, gitlabProject } from "./doubles/gitlab.ts";

let sample: Sample;
const stops: (() => Promise<void>)[] = [];
beforeAll(() => {
  sample = makeSample();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => sample.remove());

function clientOf(
  kind: ForgeConnection["kind"],
  project: string,
  double: { url: string; token: string; stop: () => Promise<void> },
) {
  stops.push(double.stop);
  const connection = toConnection("team", {
    kind,
    url: double.url,
    token: { secret: "token" },
    clone_token: { secret: "token" },
  });
  return connectForge(connection, async () => double.token).client(project);
}

const busy = { status: 409, json: { message: "Resource lock" } };

describe("GitLab", () => {
  async function gitlab(options: Partial<Parameters<typeof gitlabDouble>[0]> = {}) {
    const double = await gitlabDouble({ repository: sample.repository, ...options });
    return { double, client: clientOf("gitlab", gitlabProject.path, double) };
  }

  test("moves one status forward in one pipeline", async () => {
    const { double, client } = await gitlab();
    const status = statusOf(sample.second);
    const told = await client.postStatus(status);
    expect(told).toEqual({ forgePipelineId: 1000 });
    for (const state of ["running", "failed"] as const) {
      expect(await client.postStatus({ ...status, ...told, state })).toEqual(told);
    }
    expect(double.statuses.stored).toMatchObject([{ state: "failed", pipelineId: 1000 }]);
    expect(double.statuses.pipelines).toHaveLength(1);
  });

  test("takes a step that was taken before as done", async () => {
    const { double, client } = await gitlab();
    const status = { ...statusOf(sample.second), state: "running" } as const;
    const told = await client.postStatus(status);
    expect(await client.postStatus({ ...status, ...told })).toEqual(told);
    expect(await client.postStatus({ ...status, state: "pending" })).toEqual({});
    expect(double.statuses.history).toHaveLength(1);
  });

  test("ends right whatever is lost, repeated or late on the way", async () => {
    const states = fc.array(
      fc.record({
        state: fc.constantFrom("pending", "running"),
        fault: fc.constantFrom("none", "busy", "broken"),
      }),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(states, async (steps) => {
        const { double, client } = await gitlab();
        const status = statusOf(sample.second);
        let told: { readonly forgePipelineId?: number } = {};
        for (const { state, fault } of steps) {
          if (fault === "busy") double.failNext(1, busy);
          if (fault === "broken") double.failNext(1, { status: 500 });
          const step = client.postStatus({ ...status, ...told, state: state as "pending" });
          told = { ...told, ...(await step.catch(() => ({}))) };
        }
        await client.postStatus({ ...status, ...told, state: "success" });
        expect(double.statuses.stored.map((each) => each.state)).toEqual(["success"]);
        expect(double.statuses.pipelines).toHaveLength(1);
      }),
      { numRuns: 25 },
    );
  });

  test.for<[string, { status: number; headers?: Record<string, string> }, boolean]>([
    ["a lock", busy, true],
    ["a limit that lasts", { status: 429, headers: { "retry-after": "60" } }, true],
    ["a server that is down", { status: 502 }, true],
    ["a token that has expired", { status: 401 }, false],
  ])("%s is an error that tells whether to ask again", async ([, reply, retryable]) => {
    const { double, client } = await gitlab();
    double.failNext(1, reply);
    await expect(client.postStatus(statusOf(sample.second))).rejects.toMatchObject({
      name: "ForgeError",
      retryable,
    });
    expect(double.calls).toHaveLength(1);
  });

  test("a short limit is waited for", async () => {
    const { double, client } = await gitlab();
    double.failNext(2, { status: 429, headers: { "retry-after": "0" } });
    await client.postStatus(statusOf(sample.second));
    expect(double.statuses.history).toHaveLength(1);
  });

  test("a limit that lasts is kept to by everyone on the connection", async () => {
    const double = await gitlabDouble({ repository: sample.repository });
    stops.push(double.stop);
    const given = {
      kind: "gitlab",
      url: double.url,
      token: { secret: "t" },
      clone_token: { secret: "t" },
    } as const;
    const forge = connectForge(toConnection("team", given), async () => double.token);
    double.failNext(1, { status: 429, headers: { "retry-after": "60" } });
    await expect(forge.client("group/sub/app").readProject()).rejects.toThrow(/429/);
    await expect(forge.client("group/sub/app").listRefs()).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining("asked to be left alone"),
    });
    expect(double.calls).toHaveLength(1);
  });

  test("never sends more than GitLab takes", async () => {
    const { double, client } = await gitlab();
    const description = "😀".repeat(300);
    const targetUrl = `http://slipway.example/${"x".repeat(300)}`;
    await client.postStatus({ ...statusOf(sample.second), description, targetUrl });
    expect(double.statuses.stored[0]?.description).toBe(`${"😀".repeat(254)}…`);
    expect(double.statuses.stored[0]?.targetUrl).toBe("");
  });

  test("opens another pipeline where the kept one is full", async () => {
    const { double, client } = await gitlab();
    double.statuses.limits.jobsPerPipeline = 1;
    const told = await client.postStatus(statusOf(sample.second));
    const other = { ...statusOf(sample.second), context: "other", ...told };
    expect(await client.postStatus(other)).toEqual({ forgePipelineId: 1001 });
  });

  const fork = { sourceProjectId: gitlabForkId, mergeRequestIid: 3 };

  test("tells a fork's merge request in the source project", async () => {
    const { double, client } = await gitlab({ forkAccessLevel: 30 });
    await client.postStatus({ ...statusOf(sample.second), fork });
    expect(double.statuses.history).toEqual([`${gitlabForkId} slipway main pending`]);
  });

  test("tells the target project where the fork does not let it", async () => {
    const { double, client } = await gitlab();
    await client.postStatus({ ...statusOf(sample.second), fork });
    expect(double.statuses.history).toEqual([`${gitlabProject.id} slipway main pending`]);
    expect(double.notes).toEqual([]);
  });

  test("leaves a note with the result where neither project lets it", async () => {
    const { double, client } = await gitlab({ accessLevel: 20 });
    const status: CommitStatus = { ...statusOf(sample.second), fork };
    await client.postStatus(status);
    await client.postStatus({ ...status, state: "failed", description: "test failed" });
    expect(double.statuses.history).toEqual([]);
    expect(double.notes).toEqual([
      { iid: 3, body: expect.stringMatching(/\*\*failed\*\*.*test failed[\s\S]*pipelines\/1$/) },
    ]);
  });
});

describe("GitHub", () => {
  test.for<[CommitStatus["state"], string]>([
    ["pending", "pending"],
    ["running", "pending"],
    ["success", "success"],
    ["failed", "failure"],
    ["canceled", "error"],
    ["skipped", "success"],
  ])("is told %s as %s", async ([state, expected]) => {
    const double = await githubDouble({ repository: sample.repository });
    const client = clientOf("github", githubProject, double);
    const description = "x".repeat(200);
    await client.postStatus({ ...statusOf(sample.second), state, description });
    expect(double.statuses).toMatchObject([{ state: expected, context: "slipway" }]);
  });

  test("holds no more statuses of a context than it holds, and a refusal for that is no error", async () => {
    const double = await githubDouble({ repository: sample.repository });
    const client = clientOf("github", githubProject, double);
    double.limits.statusesPerContext = 1;
    await client.postStatus(statusOf(sample.second));
    await client.postStatus(statusOf(sample.second));
    expect(double.statuses).toHaveLength(1);
    await expect(client.postStatus(statusOf("2".repeat(40)))).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining("No commit found"),
    });
  });

  test("tells of a limit by 403 too", async () => {
    const double = await githubDouble({ repository: sample.repository });
    const client = clientOf("github", githubProject, double);
    double.failNext(1, { status: 403, headers: { "retry-after": "60" } });
    await expect(client.postStatus(statusOf(sample.second))).rejects.toMatchObject({
      retryable: true,
    });
  });
});

describe("Gitea", () => {
  test.for<[boolean, string]>([
    [true, "skipped"],
    [false, "success"],
  ])("that knows skipped (%s) is told %s", async ([knowsSkipped, expected]) => {
    const double = await giteaDouble({ repository: sample.repository, knowsSkipped });
    const client = clientOf("gitea", giteaProject, double);
    await client.postStatus({ ...statusOf(sample.second), state: "skipped" });
    expect(double.statuses).toMatchObject([{ state: expected }]);
  });
});

describe("Bitbucket", () => {
  test("keeps one status for each context and ref, however long their names", async () => {
    const double = await bitbucketDouble({ repository: sample.repository });
    const client = clientOf("bitbucket", bitbucketProject, double);
    const status = statusOf(sample.second);
    const long = { ...status, ref: `feature/${"long".repeat(30)}` };
    for (const state of ["pending", "running", "canceled"] as const) {
      await client.postStatus({ ...status, state });
      await client.postStatus({ ...long, state });
    }
    expect([...double.statuses.values()]).toMatchObject([
      { key: "slipway main", state: "STOPPED", refname: "main" },
      { key: expect.stringMatching(/^[0-9a-f]{40}$/), state: "STOPPED", refname: long.ref },
    ]);
  });

  test("gives the whole id of a shortened one", async () => {
    const double = await bitbucketDouble({ repository: sample.repository });
    const client = clientOf("bitbucket", bitbucketProject, double);
    const found = await client.readCommit(sample.second.slice(0, 12));
    expect(found?.sha).toBe(sample.second);
  });
});
