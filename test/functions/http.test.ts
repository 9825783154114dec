import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createApp, createWorkloadApp } from "#functions/http/app.ts";
import type { AppDeps } from "#functions/http/app-deps.ts";
import type { JobResponse } from "#runner/protocol.ts";
import { webhookSecretName } from "#service/keys.ts";
import { makeWorld, project, type World } from "../service/world.ts";

let world: World;
let appDeps: AppDeps;
beforeEach(async () => {
  world = await makeWorld();
  world.files.set(".gitlab-ci.yml", "build:\n  script: [make]\n");
  appDeps = { service: world.deps, mayReadPages: async () => true };
});
afterEach(() => world.close());

const door = `/webhooks/local/${project}`;

async function push(): Promise<void> {
  const answer = await createApp(appDeps).request(door, { method: "POST", ...world.webhook() });
  expect(answer.status).toBe(202);
  await world.settle();
}

async function accessToken(): Promise<string> {
  await world.deps.store.tokens.put(world.deps.hash("owner"), { kind: "access", name: "owner" });
  return "owner";
}

async function takeJob(): Promise<{ job: JobResponse; runnerToken: string }> {
  const app = createApp(appDeps);
  const exchange = await app.request("/api/slipway/environments/ticket", {
    method: "POST",
    body: JSON.stringify({ ticket: world.started.at(-1)?.ticket }),
  });
  expect(exchange.status).toBe(201);
  const { token } = (await exchange.json()) as { token: string };
  const answer = await app.request("/api/v4/jobs/request", {
    method: "POST",
    headers: { "RUNNER-TOKEN": token },
    body: JSON.stringify({ token }),
  });
  expect(answer.status).toBe(201);
  return { job: (await answer.json()) as JobResponse, runnerToken: token };
}

describe("the door for webhooks", () => {
  test.each([
    [
      "an encoded project path",
      () => ({ path: `/webhooks/local/${encodeURIComponent(project)}`, init: world.webhook() }),
      202,
    ],
    ["no signature", () => ({ path: door, init: { body: "{}" } }), 401],
    ["another's signature", () => ({ path: door, init: { ...world.webhook(), body: "{}" } }), 401],
    [
      "an unknown project",
      () => ({ path: "/webhooks/local/group/none", init: world.webhook() }),
      404,
    ],
    ["an unknown forge", () => ({ path: `/webhooks/cvs/${project}`, init: world.webhook() }), 404],
    [
      "seven megabytes",
      () => ({ path: door, init: { ...world.webhook(), body: new Uint8Array(7_000_000) } }),
      413,
    ],
    [
      "a declared length that is too large",
      () => ({ path: door, init: { headers: { "content-length": "99999999" }, body: "{}" } }),
      413,
    ],
  ] as const)("answers %s with %3$i", async (_what, request, status) => {
    const { path, init } = request();
    expect((await createApp(appDeps).request(path, { method: "POST", ...init })).status).toBe(
      status,
    );
  });
});

test.each([
  ["a webhook", "POST", door],
  ["a ticket", "POST", "/api/slipway/environments/ticket"],
  ["a request for a job", "POST", "/api/v4/jobs/request"],
])("%s whose body breaks off is no fault of the service", async (_what, method, path) => {
  const logged: unknown[] = [];
  const service = { ...world.deps, log: (...entry: unknown[]) => logged.push(entry) };
  const body = new ReadableStream({
    pull: (controller) => controller.error(new Error("aborted")),
  });
  const request = new Request(`http://localhost${path}`, { method, body, duplex: "half" });
  const answer = await createApp({ ...appDeps, service }).request(request);
  expect(answer.status).toBe(400);
  expect(logged).toEqual([]);
});

describe("the door for webhooks, with a plain token configured beside the signing one,", () => {
  const plain = "a-plain-secret-token";
  const body = () => world.webhook().body;
  const headers = (token: string): Headers =>
    new Headers({ "x-gitlab-event": "Push Hook", "x-gitlab-token": token });
  const post = async (init: RequestInit): Promise<Response> =>
    createApp(appDeps).request(door, { method: "POST", ...init });
  beforeEach(() =>
    world.deps.secrets.rotate(webhookSecretName({ forge: "local", project }), plain),
  );

  test("takes either, and both make one pipeline of one push", async () => {
    expect((await post(world.webhook())).status).toBe(202);
    expect((await post({ headers: headers(plain), body: body() })).status).toBe(202);
    await world.settle();
    const answer = await createApp(appDeps).request("/api/slipway/pipelines", {
      headers: { authorization: `Bearer ${await accessToken()}` },
    });
    expect(await answer.json()).toHaveLength(1);
  });

  test.each([
    ["another plain token", () => ({ headers: headers("another"), body: body() }), 401],
    [
      "the signing token as a plain one",
      () => ({ headers: headers(signingToken()), body: body() }),
      401,
    ],
    ["an authentic body that is no JSON", () => ({ headers: headers(plain), body: "{" }), 400],
    [
      "an authentic event without a ref",
      () => ({ headers: headers(plain), body: '{"object_kind":"push"}' }),
      200,
    ],
  ] as const)("answers %s with %3$i", async (_what, init, status) => {
    await secretsAreKnown();
    expect((await post(init())).status).toBe(status);
  });

  let known: readonly string[] = [];
  const secretsAreKnown = async (): Promise<void> => {
    known = await world.deps.secrets.get(webhookSecretName({ forge: "local", project }));
  };
  const signingToken = (): string => known.find((secret) => secret.startsWith("whsec_")) ?? "";
});

describe("the runner API", () => {
  beforeEach(push);

  test.each([
    ["a ticket that is none", "/api/slipway/environments/ticket", "POST", '{"ticket":"x"}', 403],
    ["a ticket request without ticket", "/api/slipway/environments/ticket", "POST", "{}", 400],
    ["a job request without token", "/api/v4/jobs/request", "POST", "{}", 403],
    ["a job request that is no JSON", "/api/v4/jobs/request", "POST", "x", 403],
    ["an update of a job that is none", "/api/v4/jobs/99900001", "PUT", '{"state":"success"}', 404],
    ["an update in a state that is none", "/api/v4/jobs/100001", "PUT", '{"state":"done"}', 400],
    [
      "an update with a wrong token",
      "/api/v4/jobs/100001",
      "PUT",
      '{"state":"success","token":"x"}',
      403,
    ],
    ["a trace without range", "/api/v4/jobs/100001/trace", "PATCH", "x", 400],
    [
      "a runner's verification with a wrong token",
      "/api/v4/runners/verify",
      "POST",
      '{"token":"x"}',
      403,
    ],
  ])("answers %s with %5$i", async (_what, path, method, body, status) => {
    expect((await createApp(appDeps).request(path, { method, body })).status).toBe(status);
  });

  test("takes a log in pieces with GitLab's ranges, then the end of the job", async () => {
    const app = createApp(appDeps);
    const { job } = await takeJob();
    const trace = (range: string, body: string) =>
      app.request(`/api/v4/jobs/${job.id}/trace`, {
        method: "PATCH",
        headers: { "JOB-TOKEN": job.token, "Content-Range": range },
        body,
      });
    const first = await trace("0-4", "hello");
    expect([first.status, first.headers.get("Range"), first.headers.get("Job-Status")]).toEqual([
      202,
      "0-5",
      "running",
    ]);
    const gap = await trace("9-9", "x");
    expect([gap.status, gap.headers.get("Range")]).toEqual([416, "0-5"]);
    const put = (body: object) =>
      app.request(`/api/v4/jobs/${job.id}`, {
        method: "PUT",
        headers: { "JOB-TOKEN": job.token },
        body: JSON.stringify(body),
      });
    expect((await put({ state: "success", output: { bytesize: 9 } })).status).toBe(412);
    expect((await put({ state: "success", output: { bytesize: 5 } })).status).toBe(200);
    await world.settle();
    expect((await trace("5-5", "!")).status).toBe(403);
  });

  test("tells a runner that nothing will come any more to leave", async () => {
    const app = createApp(appDeps);
    const { job, runnerToken } = await takeJob();
    await app.request(`/api/v4/jobs/${job.id}`, {
      method: "PUT",
      headers: { "JOB-TOKEN": job.token },
      body: '{"state":"success"}',
    });
    await world.settle();
    const answer = await app.request("/api/v4/jobs/request", {
      method: "POST",
      body: JSON.stringify({ token: runnerToken }),
    });
    expect(answer.status).toBe(410);
  });
});

describe("the API for the command line", () => {
  test.each([
    "/pipelines",
    "/pipelines/1",
    "/projects",
    "/health",
    "/jobs/100001",
    "/jobs/100001/trace",
  ])("%s needs an access token", async (path) => {
    const app = createApp(appDeps);
    expect((await app.request(`/api/slipway${path}`)).status).toBe(401);
    expect(
      (await app.request(`/api/slipway${path}`, { headers: { authorization: "Bearer x" } })).status,
    ).toBe(401);
  });

  test("lists, shows, cancels and retries", async () => {
    await push();
    const app = createApp(appDeps);
    const headers = { authorization: `Bearer ${await accessToken()}` };
    const list = (await (await app.request("/api/slipway/pipelines", { headers })).json()) as {
      id: number;
    }[];
    expect(list).toMatchObject([{ id: 1, project, status: "pending" }]);
    const post = (path: string) => app.request(`/api/slipway${path}`, { method: "POST", headers });
    expect(await (await post("/pipelines/1/cancel")).json()).toMatchObject({ status: "canceled" });
    expect((await post("/pipelines/1/cancel")).status).toBe(409);
    expect(await (await post("/jobs/100001/retry")).json()).toMatchObject({
      status: expect.stringMatching(/pending|running/),
    });
    expect((await post("/pipelines/77/retry")).status).toBe(404);
  });
});

describe("the pages", () => {
  beforeEach(push);

  test.each(["/", `/${project}/-/pipelines/1`, `/${project}/-/jobs/100001`])(
    "%s is shown",
    async (path) => {
      const answer = await createApp(appDeps).request(path);
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain("group/app");
    },
  );

  test("escape what came from outside", async () => {
    const { job } = await takeJob();
    const bytes = new TextEncoder().encode("<script>alert(1)</script>");
    await world.deps.blobs.append(`jobs/${job.id}/log`, 0, bytes);
    const text = await (await createApp(appDeps).request(`/${project}/-/jobs/${job.id}`)).text();
    expect(text).toContain("&lt;script&gt;alert(1)");
    expect(text).not.toContain("<script>alert");
  });

  test("escape names of jobs, stages and branches", async () => {
    const evil = `"><img src=x onerror=alert(1)>'`;
    world.files.set(
      ".gitlab-ci.yml",
      JSON.stringify({ stages: [evil], [evil]: { stage: evil, script: ["make"] } }),
    );
    const headers = world.webhook({
      ref: "refs/heads/<b>bold</b>",
      sha: "b".repeat(40),
      id: "evil",
    });
    await createApp(appDeps).request(door, { method: "POST", ...headers });
    await world.settle();
    for (const path of ["/", `/${project}/-/pipelines/2`, `/${project}/-/jobs/200001`]) {
      const text = await (await createApp(appDeps).request(path)).text();
      expect(text).not.toMatch(/<img|<b>/);
      expect(text).toMatch(/&lt;(img|b&gt;)/);
    }
  });

  test("let only their own script run, and no other page frame them", async () => {
    const answer = await createApp(appDeps).request(`/${project}/-/jobs/100001`);
    const policy = answer.headers.get("content-security-policy") ?? "";
    const [, script = ""] = /<script>(.*?)<\/script>/s.exec(await answer.text()) ?? [];
    const hash = createHash("sha256").update(script).digest("base64");
    expect(policy).toContain(`script-src 'sha256-${hash}';`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("are not served to containers, nor is the API", async () => {
    const app = createWorkloadApp(appDeps);
    for (const path of ["/", `/${project}/-/pipelines/1`, "/api/slipway/pipelines"]) {
      expect((await app.request(path)).status).toBe(404);
    }
  });

  test("of a pipeline or a job under another project's path are not found", async () => {
    const app = createApp(appDeps);
    for (const path of ["pipelines/1", "jobs/100001", "jobs/100001/trace"]) {
      expect((await app.request(`/group/other/-/${path}`)).status).toBe(404);
    }
  });
});
