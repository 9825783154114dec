import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ForgeError } from "#forge/forge.ts";
import { createApp } from "#functions/http/app.ts";
import { operations } from "#functions/http/documents/operations.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { webhookSecretName } from "#service/keys.ts";
import { finish, jobOf, push, takeNext } from "../service/driver.ts";
import { deliver, mergeRequestEvent, withSettings } from "../service/merge-request.ts";
import { makeWorld, project, sha, type World } from "../service/world.ts";
import { apiCalls, promisedAnswers } from "./api-calls.ts";
import { keysOutOfStyle } from "./snake-case.ts";

let world: World;
let deps: ServiceDeps;
let api: ReturnType<typeof apiCalls>;
beforeEach(async () => {
  world = await makeWorld();
  deps = withSettings(world.deps, { forks: "approve" });
  await deps.store.tokens.put(deps.hash("owner"), { kind: "access", name: "owner" });
  api = apiCalls(deps, "owner");
});
afterEach(() => world.close());

/** A failure of the service, which no test makes on purpose, and retries that outgrow an item of the store. */
const notWalked = (answer: string) =>
  answer.endsWith(" internal_error") || /^(?:cancel|retry)(?:Pipeline|Job) too_large$/.test(answer);

test("every answer that the documents promise comes, as they say, and with keys in snake case", async () => {
  await walkRequests();
  await walkPipelines();
  await walkDeliveries();
  await walkApprovals();
  await walkTickets();
  await walkCaches();
  await walkWebhooks();
  const promised = promisedAnswers().filter((answer) => !notWalked(answer));
  expect([...api.seen].toSorted()).toEqual(promised.toSorted());
});

/** What every operation refuses before it does anything. */
async function walkRequests(): Promise<void> {
  for (const { id, caller } of operations) {
    if (caller === "access_token") await api.call(id, { parameters: someParameters, token: "x" });
  }
  const wrongId = { parameters: { id: "99999999999999999999" } };
  for (const id of ["readPipeline", "cancelPipeline", "retryPipeline"]) await api.call(id, wrongId);
  for (const id of ["readJob", "cancelJob", "retryJob", "playJob"]) await api.call(id, wrongId);
  for (const id of ["readTrace", "downloadArtifact", "approve"]) await api.call(id, wrongId);
  await api.call("listPipelines", { parameters: { limit: 101 } });
  await api.call("listDeliveries", { parameters: { limit: "many" } });
  await api.call("readCost", { parameters: { since: "yesterday" } });
  await api.call("listDeploymentEnvironments");
  await api.call("sync", { body: "{" });
  await api.call("exchangeTicket", { body: {} });
  const large = JSON.stringify({ project: "x".repeat(1_000_000) });
  for (const id of ["sync", "exchangeTicket"]) await api.call(id, { body: large });
  for (const id of ["playJob", "approve"]) {
    await api.call(id, { parameters: { id: 1 }, body: large });
  }
}

const someParameters = { id: 1, sha, project, limit: 1, file_type: "archive" };

async function walkPipelines(): Promise<void> {
  world.files.set("child.yml", "leaf: {script: [x]}\n");
  const id = await push(world, richPipeline);
  const job = await takeNext(world, id);
  const uploaded = new FormData();
  uploaded.append("file", new Blob(["content"]), "artifacts.zip");
  const app = createApp({ service: deps, mayReadPages: async () => true });
  const answer = await app.request(`/api/v4/jobs/${job.id}/artifacts?expire_in=1day`, {
    method: "POST",
    headers: { "job-token": job.token },
    body: uploaded,
  });
  expect(answer.status).toBe(201);
  await deps.blobs.append(`jobs/${job.id}/log`, 0, new TextEncoder().encode("covered 90%\n"));
  await finish(world, job);
  await finish(world, await takeNext(world, id), "failed");

  await api.call("readHealth");
  await api.call("listProjects");
  await api.call("listPipelines");
  expect(await api.call("readPipeline", { parameters: { id } })).toMatchObject({ id });
  const deployed = await api.call("listDeploymentEnvironments", { parameters: { project } });
  expect(deployed).toMatchObject([{ name: "live", deployments: [{ status: "success" }] }]);
  await deps.store.commitStatuses.put({
    ...{ project, sha, ref: "main", context: "slipway", state: "success", description: "done" },
    targetUrl: "http://slipway.test",
    updatedAt: new Date().toISOString(),
  });
  const statuses = await api.call("listCommitStatuses", { parameters: { sha, project } });
  expect(statuses).toMatchObject([{ target_url: "http://slipway.test" }]);
  await api.call("readCost", { parameters: { project } });
  await api.call("readCost", { parameters: { pipeline: 4711 } });

  const ofJob = { parameters: { id: job.id } };
  expect(await api.call("readJob", ofJob)).toMatchObject({
    artifacts: [{ expire_at: expect.any(String) }],
  });
  expect(await api.call("readTrace", ofJob)).toContain("covered");
  expect(await api.call("downloadArtifact", ofJob)).toBe("content");
  const manual = { parameters: { id: (await jobOf(world, id, "by-hand")).id } };
  await api.call("downloadArtifact", manual);
  await api.call("playJob", { ...manual, body: { variables: { LARGE: randomText() } } });
  await api.call("playJob", { ...manual, body: { variables: { COLOR: "blue" } } });
  await api.call("playJob", manual);
  await api.call("retryJob", ofJob);
  await world.settle();
  await api.call("cancelJob", { parameters: { id: (await jobOf(world, id, "make")).id } });
  await api.call("cancelJob", ofJob);
  await api.call("retryJob", ofJob);
  await api.call("retryPipeline", { parameters: { id } });
  await world.settle();
  await api.call("cancelPipeline", { parameters: { id } });
  await world.settle();
  await api.call("cancelPipeline", { parameters: { id } });
  const skipped = await push(world, "only: {script: [x], when: manual}\n", { sha: "b".repeat(40) });
  await api.call("retryPipeline", { parameters: { id: skipped } });
  for (const name of ["readPipeline", "cancelPipeline", "retryPipeline"]) {
    await api.call(name, { parameters: { id: 4711 } });
  }
  for (const name of ["readJob", "cancelJob", "retryJob", "playJob", "readTrace"]) {
    await api.call(name, { parameters: { id: 471_100_001 } });
  }
}

const richPipeline = `
make:
  script: [make]
  coverage: /covered (\\d+)%/
  artifacts: {paths: [out]}
  environment: {name: live, url: "https://live.example.com"}
broken: {stage: test, script: [x], allow_failure: true}
below: {stage: test, trigger: {include: child.yml}}
by-hand: {stage: deploy, script: [x], when: manual}
`;

/** More than an item of the store holds, however well it is compressed. */
function randomText(): string {
  return Array.from({ length: 15_000 }, () => Math.random().toString(36)).join("");
}

async function walkDeliveries(): Promise<void> {
  const listed = await api.call("listDeliveries");
  expect(listed).toMatchObject({ deliveries: [{ project }, { project }] });
  const known = { parameters: { id: (await deps.store.deliveries.list(1))[0]?.id ?? "" } };
  expect(await api.call("readDelivery", known)).toMatchObject({ pipelines: [{ statuses: [{}] }] });
  await api.call("redeliver", known);
  await api.call("readDelivery", { parameters: { id: "none" } });
  await api.call("redeliver", { parameters: { id: "none" } });
  world.files.delete(".gitlab-ci.yml");
  const nothing = { parameters: { id: "nothing-in-it" } };
  const webhook = world.webhook({ id: nothing.parameters.id, sha: "c".repeat(40) });
  await api.call("receiveWebhook", { parameters: { forge: "local", project }, ...webhook });
  await world.settle();
  await api.call("redeliver", { ...nothing, service: withoutForge() });
  world.files.set(".gitlab-ci.yml", "build: {script: [make]}\n");
  world.refs.push("refs/heads/missed");
  const connected = async () => [{ forge: "local", project }];
  const service = { ...deps, connected };
  expect(await api.call("listConnected", { service })).toEqual([{ forge: "local", project }]);
  expect(await api.call("sync", { body: { project }, service })).toMatchObject({
    found: expect.arrayContaining([{ ref: "refs/heads/missed", sha }]),
  });
  await api.call("sync", { body: { project: "no/such" } });
}

function withoutForge(): ServiceDeps {
  const forge = deps.forges.get("local");
  if (forge === undefined) throw new Error("the world has no forge");
  const client: typeof forge.client = (path) => ({
    ...forge.client(path),
    readCommit: async () => {
      throw new ForgeError("The forge is away.", { retryable: true });
    },
  });
  return { ...deps, forges: new Map([["local", { ...forge, client }]]) };
}

async function walkApprovals(): Promise<void> {
  world.files.set(".gitlab-ci.yml", "build: {script: [make], only: [merge_requests]}\n");
  await deliver(world, deps, mergeRequestEvent({ fork: true }));
  const [waiting] = await deps.store.approvals.listWaiting(1);
  const id = waiting?.pipelineId ?? 0;
  expect(await api.call("listApprovals")).toMatchObject([{ pipeline_id: id }]);
  await api.call("approve", { parameters: { id }, service: withoutForge() });
  const approved = await api.call("approve", { parameters: { id }, body: { by: "grace" } });
  expect(approved).toMatchObject({ result: "created" });
  await api.call("approve", { parameters: { id: 4711 } });
}

async function walkTickets(): Promise<void> {
  world.files.set(".gitlab-ci.yml", "build: {script: [make]}\n");
  await push(world, "build: {script: [make]}\n", { sha: "d".repeat(40) });
  const body = { ticket: world.started.at(-1)?.ticket ?? "" };
  const verifyCaller: ServiceDeps["verifyCaller"] = async () => "somebody else asks";
  await api.call("exchangeTicket", { body, service: { ...deps, verifyCaller } });
  await api.call("exchangeTicket", { body });
  await api.call("exchangeTicket", { body });
}

async function walkCaches(): Promise<void> {
  const id = await push(world, "build: {script: [make]}\n", { sha: "e".repeat(40) });
  const { token } = await takeNext(world, id);
  const key = "k-protected";
  const call = (more: object) => ({ parameters: { key, filesize: 10 }, token, ...more });
  for (const name of ["readCache", "authorizeCache", "writeCache"]) {
    await api.call(name, call({ parameters: { key: "", filesize: 10 } }));
    await api.call(name, call({ token: "x" }));
  }
  await api.call("readCache", call({}));
  await api.call("writeCache", call({ body: "cached" }));
  await api.call("writeCache", call({ body: new Uint8Array(10_000_001) }));
  expect(await api.call("readCache", call({}))).toBe("cached");
  await api.call("authorizeCache", call({ parameters: { key, filesize: 10_000_001 } }));
  const presignWrite: ServiceDeps["blobs"]["presignWrite"] = async () => ({
    method: "PUT",
    url: "https://bucket.example.com/x",
    headers: { "Content-Length": "10" },
  });
  const service = { ...deps, blobs: { ...deps.blobs, presignWrite } };
  const direct = await api.call("authorizeCache", call({ service }));
  expect(direct).toMatchObject({ upload: { method: "PUT" } });
}

async function walkWebhooks(): Promise<void> {
  const to = { forge: "local", project };
  const webhook = (options: object) => ({ parameters: to, ...world.webhook(options) });
  const queued = await api.call("receiveWebhook", webhook({ id: "once", sha: "f".repeat(40) }));
  expect(queued).toMatchObject({ result: "queued" });
  await world.settle();
  const again = await api.call("receiveWebhook", webhook({ id: "once", sha: "f".repeat(40) }));
  expect(again).toMatchObject({ result: "duplicate" });
  const foreign = await api.call("receiveWebhook", webhook({ id: "other", path: "group/other" }));
  expect(foreign).toMatchObject({ result: "refused" });
  await api.call("receiveWebhook", { parameters: to, body: "{}" });
  await api.call("receiveWebhook", { parameters: { ...to, forge: "cvs" }, body: "{}" });
  await api.call("receiveWebhook", { parameters: { ...to, project: "group/no" }, body: "{}" });
  await api.call("receiveWebhook", { parameters: to, body: new Uint8Array(6_000_001) });
  const plain = "a-plain-secret-token";
  await deps.secrets.rotate(webhookSecretName(to), plain);
  const headers = { "x-gitlab-event": "Push Hook", "x-gitlab-token": plain };
  await api.call("receiveWebhook", { parameters: to, body: "{", headers });
}

describe("what other protocols answer", () => {
  test.for(["/.well-known/openid-configuration", "/oauth/discovery/keys"])(
    "has keys in snake case: %s",
    async (path) => {
      const app = createApp({ service: deps, mayReadPages: async () => true });
      const answer = await app.request(path);
      expect([answer.status, keysOutOfStyle(await answer.json())]).toEqual([200, []]);
    },
  );
});

test.for(["/nowhere", "/api/v5/none"])("%s is answered with a code", async (path) => {
  const app = createApp({ service: deps, mayReadPages: async () => true });
  const answer = await app.request(path);
  expect([answer.status, await answer.json()]).toEqual([
    404,
    { error: "There is nothing at this address.", code: "not_found" },
  ]);
});

test("a failure of the service is answered with a code, and says nothing of its cause", async () => {
  const store = {
    ...deps.store,
    projects: { ...deps.store.projects, list: () => Promise.reject(new Error("a secret")) },
  };
  expect(await api.call("listProjects", { service: { ...deps, store } })).toEqual({
    error: "Internal error. It is in the service's log.",
    code: "internal_error",
  });
});
