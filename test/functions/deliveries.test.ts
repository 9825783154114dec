import { afterEach, beforeEach, expect, test } from "vitest";
import { ForgeError } from "#forge/forge.ts";
import { createApp } from "#functions/http/app.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import { makeWorld, project, sha, type World } from "../service/world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.deps.store.tokens.put(world.deps.hash("owner"), { kind: "access", name: "owner" });
});
afterEach(() => world.close());

async function ask(
  path: string,
  body?: unknown,
  service = world.deps,
): Promise<{ status: number; json: unknown }> {
  const app = createApp({ service, mayReadPages: async () => true });
  const answer = await app.request(`/api/slipway/${path}`, {
    headers: { authorization: "Bearer owner" },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: await answer.json() };
}

async function deliver(id: string): Promise<void> {
  await receiveWebhook(world.deps, { forge: "local", project }, world.webhook({ id }));
  await world.settle();
}

test("a delivery is followed from the request to the statuses", async () => {
  world.files.set(".gitlab-ci.yml", "build: { script: [make] }\n");
  await deliver("0123456789");
  const listed = await ask(`deliveries?project=${encodeURIComponent(project)}`);
  expect(listed.json).toMatchObject({
    deliveries: [
      {
        id: "0123456789",
        state: "done",
        events: [{ kind: "push", ref: "refs/heads/main", sha, outcome: "pipeline 1" }],
      },
    ],
    hints: [],
  });
  for (const id of ["0123456789", "01234"]) {
    expect((await ask(`deliveries/${id}`)).json).toMatchObject({
      received_at: expect.any(String),
      queued_at: expect.any(String),
      done_at: expect.any(String),
      pipelines: [
        { id: 1, status: "pending", statuses: [{ context: "slipway", state: "pending" }] },
      ],
    });
  }
});

test.for(["deliveries/none", "deliveries/01"])("%s is told to be unknown", async (path) => {
  await deliver("0123456789");
  expect((await ask(path)).status).toBe(404);
});

test("a delivery that led to nothing is handled again, and only until it has its pipeline", async () => {
  await deliver("0123456789");
  expect((await ask("deliveries/0123456789")).json).toMatchObject({ pipelines: [] });
  world.files.set("Dockerfile", "FROM scratch\n");
  for (let time = 0; time < 2; time++) {
    const again = await ask("deliveries/0123456789/redeliver", {});
    await world.settle();
    expect(again.json).toMatchObject({ pipelines: [{ id: 1 }], events: [{ pipeline: 1 }] });
  }
  expect(await world.deps.store.pipelines.list({ project, limit: 9 })).toHaveLength(1);
  expect((await ask("deliveries/none/redeliver", {})).status).toBe(404);
});

test("a forge that is away is named when a delivery is to be handled again, and it stays as it was", async () => {
  await deliver("0123456789");
  const forge = world.deps.forges.get("local");
  if (forge === undefined) throw new Error("the world has no forge");
  const message = "http://127.0.0.1:9 cannot be reached";
  const client: typeof forge.client = (path) => ({
    ...forge.client(path),
    readCommit: async () => {
      throw new ForgeError(message, { retryable: true });
    },
  });
  const before = await ask("deliveries/0123456789");
  const away = { ...world.deps, forges: new Map([["local", { ...forge, client }]]) };
  const again = await ask("deliveries/0123456789/redeliver", {}, away);
  expect(again).toEqual({ status: 502, json: { error: message, code: "forge_unavailable" } });
  expect(await ask("deliveries/0123456789")).toEqual(before);
});

test("a project is compared with its forge at once", async () => {
  world.refs.push("refs/heads/main");
  world.files.set(".gitlab-ci.yml", "build: { script: [make] }\n");
  const synced = await ask("sync", { project });
  expect(synced.json).toMatchObject({ found: [{ ref: "refs/heads/main", sha }], waiting: [] });
  await world.settle();
  expect(await world.deps.store.pipelines.list({ project, limit: 9 })).toHaveLength(1);
  expect((await ask("sync", { project })).json).toMatchObject({ found: [] });
  expect((await ask("sync", { project: "no/such" })).status).toBe(404);
  expect((await ask("sync", {})).status).toBe(400);
});
