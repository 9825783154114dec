import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { connectForge } from "#forge/connections.ts";
import type { CommitStatus, StatusRun } from "#forge/forge.ts";
import { toConnection } from "#project/connection.ts";
import { makeSample, type Sample, statusOf } from "../client-contract.ts";
import { appPermissions, githubDouble, githubProject } from "../doubles/github.ts";

let sample: Sample;
const stops: (() => Promise<void>)[] = [];
beforeAll(() => {
  sample = makeSample();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => sample.remove());

async function github(options: Partial<Parameters<typeof githubDouble>[0]> = {}) {
  const double = await githubDouble({ repository: sample.repository, ...options });
  stops.push(double.stop);
  const { id, installation, privateKey } = double.app;
  const app = { id, installation, key: { secret: "key" } };
  const connection = toConnection("team", { kind: "github", url: double.url, app });
  const client = connectForge(connection, async () => privateKey).client(githubProject);
  const post = (state: CommitStatus["state"], run: Partial<StatusRun> = {}, context = "slipway") =>
    client.postStatus({
      ...statusOf(sample.second),
      context,
      state,
      run: { pipelineId: 7, ...run },
    });
  return { double, client, post };
}

test.for<[CommitStatus["state"], Partial<StatusRun>, string, string | null]>([
  ["pending", {}, "queued", null],
  ["running", {}, "in_progress", null],
  ["running", { waitsForPerson: true }, "completed", "action_required"],
  ["pending", { waitsForPerson: true }, "completed", "action_required"],
  ["success", {}, "completed", "success"],
  ["success", { warns: true }, "completed", "neutral"],
  ["failed", {}, "completed", "failure"],
  ["canceled", {}, "completed", "cancelled"],
  ["skipped", {}, "completed", "skipped"],
])("an App shows %s %o as %s, %s", async ([state, run, status, conclusion]) => {
  const { double, post } = await github();
  await post(state, run);
  expect(double.checks).toMatchObject([{ name: "slipway", status, conclusion }]);
  expect(double.statuses).toEqual([]);
});

test("a check says which pipeline and job it is about, since when, and where to read more", async () => {
  const { double, client } = await github();
  await client.postStatus({
    ...statusOf(sample.second),
    context: "slipway/test",
    state: "failed",
    description: "make_all *failed* @everyone",
    coverage: 87.5,
    run: {
      pipelineId: 7,
      jobId: 700001,
      startedAt: "2026-11-21T08:00:00.123Z",
      finishedAt: "2026-11-21T08:01:00.000Z",
    },
  });
  const page = "http://slipway.example/group/app/-/pipelines/1";
  expect(double.checks).toMatchObject([
    {
      head_sha: sample.second,
      name: "slipway/test",
      external_id: "7/700001",
      details_url: page,
      started_at: "2026-11-21T08:00:00Z",
      completed_at: "2026-11-21T08:01:00Z",
      output: {
        title: "make_all *failed* @everyone",
        summary: `make\\_all \\*failed\\* \\@everyone\n\n[Pipeline 7](${page})\n\nCoverage: 87.5 %`,
      },
    },
  ]);
});

test("one run moves forward, told twice or not, and a late word takes nothing back", async () => {
  const { double, post } = await github();
  for (const state of ["pending", "pending", "running", "pending", "running"] as const)
    await post(state);
  expect(double.checks).toMatchObject([{ status: "in_progress" }]);
  await post("failed");
  await post("failed");
  expect(double.checks).toMatchObject([{ status: "completed", conclusion: "failure" }]);
});

test("what is taken up again is a run of its own, and the one before stays as it ended", async () => {
  const { double, post } = await github();
  for (const state of ["failed", "running", "success"] as const) await post(state);
  expect(double.checks.map(({ conclusion }) => conclusion)).toEqual(["failure", "success"]);
});

test("pipelines of the same commit, and jobs, have runs of their own", async () => {
  const { double, post } = await github();
  await post("running");
  await post("running", { pipelineId: 70 });
  await post("running", { jobId: 700001 }, "slipway/test");
  await post("success", { pipelineId: 70 });
  expect(double.checks.map((run) => [run.name, run.external_id, run.conclusion])).toEqual([
    ["slipway", "7", null],
    ["slipway", "70", "success"],
    ["slipway/test", "7/700001", null],
  ]);
});

test("a run is found among hundreds of the same name", async () => {
  const { double, post } = await github({ pageSize: 40 });
  await post("running");
  const [first] = double.checks;
  if (first === undefined) throw new Error("There is no run.");
  for (let id = 2; id <= 130; id++)
    double.checks.push({ ...first, id, external_id: `${id + 100}` });
  await post("success");
  expect(double.checks).toHaveLength(130);
  expect(double.checks[0]).toMatchObject({ conclusion: "success" });
});

test("what an earlier attempt or a lost answer left open ends with the run", async () => {
  const { double, post } = await github();
  await post("running", { jobId: 700001 }, "slipway/test");
  const [first] = double.checks;
  if (first === undefined) throw new Error("There is no run.");
  double.checks.push({ ...first, id: 2 });
  await post("success", { jobId: 700002 }, "slipway/test");
  expect(double.checks.map((run) => [run.external_id, run.conclusion])).toEqual([
    ["7/700001", "success"],
    ["7/700001", "success"],
    ["7/700002", "success"],
  ]);
});

test("another App's run of the same name is left alone", async () => {
  const { double, post } = await github();
  await post("running");
  const [first] = double.checks;
  if (first === undefined) throw new Error("There is no run.");
  double.checks.push({ ...first, id: 2, app: { id: 78, client_id: "Iv1.other" } });
  await post("success");
  expect(double.checks.map(({ conclusion }) => conclusion)).toEqual(["success", null]);
});

test("an App without the right to write checks sets commit statuses, and tries only now and then", async () => {
  const { double, post } = await github({ granted: { ...appPermissions, checks: "read" } });
  await post("running");
  await post("success");
  expect(double.checks).toEqual([]);
  expect(double.statuses).toMatchObject([{ state: "pending" }, { state: "success" }]);
  const refused = double.calls.filter(
    ({ path, body }) =>
      path.endsWith("/access_tokens") && JSON.stringify(body).includes('"checks":"write"'),
  );
  expect(refused).toHaveLength(1);
});

test("a right that was taken away on the way is no reason to lose a state", async () => {
  const { double, post } = await github();
  await post("pending");
  double.failNext(1, { status: 403 });
  await post("running");
  expect(double.statuses).toMatchObject([{ state: "pending", context: "slipway" }]);
});

test.for<[string, { status: number; headers?: Record<string, string> }]>([
  ["a limit", { status: 403, headers: { "retry-after": "60" } }],
  ["a server that is down", { status: 502 }],
])("%s is waited for and changes nothing", async ([, reply]) => {
  const { double, post } = await github();
  await post("pending");
  double.failNext(4, reply);
  await expect(post("running")).rejects.toMatchObject({ name: "ForgeError", retryable: true });
  expect(double.statuses).toEqual([]);
});

test("a commit that GitHub does not know is an error that says so", async () => {
  const { client } = await github();
  const status = { ...statusOf("2".repeat(40)), run: { pipelineId: 7 } };
  await expect(client.postStatus(status)).rejects.toMatchObject({
    retryable: false,
    message: expect.stringContaining("No commit found"),
  });
});

test("a token that is no App's sets commit statuses", async () => {
  const double = await githubDouble({ repository: sample.repository });
  stops.push(double.stop);
  const given = { kind: "github", url: double.url } as const;
  const secrets = { token: { secret: "token" }, clone_token: { secret: "token" } };
  const forge = connectForge(
    toConnection("team", { ...given, ...secrets }),
    async () => double.token,
  );
  const status = { ...statusOf(sample.second), run: { pipelineId: 7 } };
  await forge.client(githubProject).postStatus(status);
  expect(double.statuses).toHaveLength(1);
  expect(double.calls).toHaveLength(1);
});
