import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createApp } from "#functions/http/app.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { deliver, mergeRequestEvent, withSettings } from "../service/merge-request.ts";
import { makeWorld, project, sha, type World } from "../service/world.ts";

let world: World;
let deps: ServiceDeps;
beforeEach(async () => {
  world = await makeWorld();
  world.files.set(".gitlab-ci.yml", "build:\n  script: [make]\n  only: [merge_requests]\n");
  deps = withSettings(world.deps, { forks: "approve" });
  await deps.store.tokens.put(deps.hash("owner"), { kind: "access", name: "owner" });
  await deliver(world, deps, mergeRequestEvent({ fork: true }));
});
afterEach(() => world.close());

const waitingId = async () => (await deps.store.approvals.listWaiting(1))[0]?.pipelineId ?? 0;
const ask = (path: string, init: RequestInit = {}, token = "owner") =>
  createApp({ service: deps, mayReadPages: async () => true }).request(path, {
    ...init,
    headers: { authorization: `Bearer ${token}` },
  });
const approve = (id: number, body: unknown = {}, token = "owner") =>
  ask(`/api/slipway/approvals/${id}`, { method: "POST", body: JSON.stringify(body) }, token);

describe("the API of approvals", () => {
  test("lists what waits, also by project", async () => {
    const id = await waitingId();
    expect(await (await ask("/api/slipway/approvals")).json()).toEqual([
      {
        pipeline_id: id,
        project,
        merge_request: 7,
        title: "A feature",
        source_project: "stranger/app",
        sha,
        asked_at: expect.any(String),
      },
    ]);
    expect(await (await ask("/api/slipway/approvals?project=group/other")).json()).toEqual([]);
  });

  test("approves with the name of who does, and again without effect", async () => {
    const id = await waitingId();
    const first = await approve(id, { by: "grace" });
    expect(first.status).toBe(200);
    expect(await first.json()).toMatchObject({
      pipeline_id: id,
      approved_by: "grace",
      result: "created",
    });
    expect(await (await approve(id)).json()).toMatchObject({ approved_by: "grace" });
    expect(await deps.store.pipelines.list({ project, limit: 9 })).toHaveLength(1);
  });

  test.for<[string, () => Promise<Response>, number]>([
    ["without an access token", async () => approve(await waitingId(), {}, "stranger"), 401],
    ["with a job's token", async () => approve(await waitingId(), {}, "job"), 401],
    ["of what nobody asked about", async () => approve(4711), 404],
    ["with a name of many lines", async () => approve(await waitingId(), { by: "a\nb" }), 400],
    ["listed without an access token", async () => ask("/api/slipway/approvals", {}, "x"), 401],
  ])("%s answers %3$i and builds nothing", async ([, request, status]) => {
    await deps.store.tokens.put(deps.hash("job"), {
      kind: "job",
      jobId: 1,
      pipelineId: 1,
      project,
      canPush: true,
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    });
    expect((await request()).status).toBe(status);
    expect(await deps.store.pipelines.list({ project, limit: 9 })).toEqual([]);
  });

  test("the page at the status's address says what waits and how to approve it", async () => {
    const id = await waitingId();
    const page = await ask(`/${project}/-/pipelines/${id}`);
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining(`slipway approve ${id}`),
    ]);
    expect((await ask(`/group/other/-/pipelines/${id}`)).status).toBe(404);
  });
});
