import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { expect, test } from "vitest";
import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { packDocument } from "#store/dynamodb/item.ts";
import type { Store } from "#store/store.ts";
import { memoryTable } from "../../../bench/simulation/memory-table.ts";
import { exampleMergeRequest, examplePush } from "../example-events.ts";

/** Items as the first version of Slipway wrote them: their events and outcomes are JSON. */
const firstDelivery = {
  pk: "DELIVERY#gitlab#Demo/App#d-1",
  state: "done",
  rank: 2,
  forge: "gitlab",
  project: "Demo/App",
  receivedAt: "2026-01-01T00:00:00.000Z",
  document: fromBase64(
    "G6IBAMTCbalf3gYkS1oaj6jBf26LlRAy7x8bN8iE083NEG1aDImQDdWQLeo206uzo00xoz6Jvl/UGQxkXAGDYV3133sJbT1kBIMw7WvVVkYIYyMYr3hNcBWJeKu4FzfvR8maJn7sSwfYbf9ajEuZSywLgMKXljrZ+7ge4Hu9goJIlvqIt/z4M8KSF8BzyYv1s4NjlWyVcSgzkgGNtYr7jFgRCjeUDrZPTlqGL0Pch9KtSb18UWjdPEkUjsAgn66sMOfbrq4zwfD838cP",
  ),
  order: "2026-01-01T00:00:00.000Z#d-1",
  kind: "delivery.3",
  doneAt: "2026-01-01T00:00:05.000Z",
  outcome:
    '[{"result":"created","pipelineId":12,"url":"http://slipway/Demo/App/-/pipelines/12","status":"pending"}]',
};

const firstApproval = {
  pk: "APPROVAL#3",
  state: "waiting",
  document: fromBase64(
    "G8kDAMRSVafVuJlyKz/ZTimNQfAxnxKlTsqTIP//51YnFmLefXeYRPU2qoikXyohU6kcErbViCBoHxUdrGo6N1uvRcp3oP9fuSvlyoBmCrbysYAQuzbnfyjc/BsQTqWoRru6hkIhPhaOjF05A1oplB34CYQ7Kc3AtVAI1dEf5NHJkA2PeC2EhPu2cSlCIacPIHQamSuNBulAUn+JdjSUjjesQZ2G04yvJEVuE6MgCegXjz4X8H2E3A9HWoQIU3OSByfNgl0pnp9RgcbvLPNaGe2Vhhfbhl5sGMVpR2oYrb7PEG6EHtBGXzEk3LYCjCSiBvEZ6xOQSbwljWKp5OJeqV2n1OEI1FLbcY1pLJIE6wfh9OkCs4U/fQHi+HjLOLjBA1jzIJisZxN4lpxBkAWAVSmN9OovmCyyLn4V2dPNRpR+pAQpucL45Bs9FixYkWblLtIgfkHgtbN2z0EEGMuhoEE/v2oFzxZaPEWiaqnZymdLgmY+DfseCo+h+G4M+K+2N9F4Eo0nr+Mx/WjDxvgbPQ==",
  ),
  kind: "approval",
  order: "0000000000000003",
};

const firstOutcomes: readonly CreateOutcome[] = [
  {
    result: "created",
    pipelineId: 12,
    url: "http://slipway/Demo/App/-/pipelines/12",
    status: "pending",
  },
];

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}

async function storeWith(...items: readonly Readonly<Record<string, unknown>>[]): Promise<Store> {
  const { client } = memoryTable(Date.now);
  for (const Item of items) await client.send(new PutCommand({ TableName: "memory", Item }));
  return dynamodbStore(client, "memory");
}

test("a delivery of the first version is read with its events and outcomes", async () => {
  const { deliveries } = await storeWith(firstDelivery);
  const expected = {
    forge: "gitlab",
    project: "Demo/App",
    id: "d-1",
    receivedAt: "2026-01-01T00:00:00.000Z",
    state: "done",
    events: [examplePush],
    outcomes: firstOutcomes,
    doneAt: "2026-01-01T00:00:05.000Z",
  };
  expect(await deliveries.get({ forge: "gitlab", project: "Demo/App" }, "d-1")).toEqual(expected);
  expect(await deliveries.list(5)).toEqual([expected]);
});

test("a delivery of the first version that is handled once more has the new outcomes", async () => {
  const { deliveries } = await storeWith(firstDelivery);
  const first = await deliveries.get({ forge: "gitlab", project: "Demo/App" }, "d-1");
  if (first === undefined) throw new Error("the first delivery is not found");
  const outcomes: readonly CreateOutcome[] = [{ result: "nothing", why: "nobody asked" }];
  await deliveries.setOutcomes(first, outcomes);
  expect(await deliveries.get({ forge: "gitlab", project: "Demo/App" }, "d-1")).toMatchObject({
    events: [examplePush],
    outcomes,
  });
});

test("an approval of the first version is read, listed and given with its event", async () => {
  const { approvals } = await storeWith(firstApproval);
  const waiting = {
    pipelineId: 3,
    forge: "gitlab",
    project: "Demo/App",
    mergeRequestIid: 7,
    title: "Mend it",
    sourceProject: "ada/app",
    sha: "a".repeat(40),
    event: exampleMergeRequest,
    askedAt: "2026-01-01T00:00:00.000Z",
    state: "waiting",
  };
  expect(await approvals.get(3)).toEqual(waiting);
  expect(await approvals.listWaiting(5)).toEqual([waiting]);
  expect(await approvals.approve(3, "grace", "2026-01-02T00:00:00.000Z")).toEqual({
    ...waiting,
    state: "approved",
    by: "grace",
    approvedAt: "2026-01-02T00:00:00.000Z",
  });
});

test("a ref's history and a deployment environment of the first version are found and go on", async () => {
  const deployment = {
    jobId: 1200001,
    jobName: "deploy",
    pipelineId: 12,
    action: "start",
    status: "success",
    ref: "main",
    sha: "a".repeat(40),
    by: "ada",
    startedAt: "2026-01-01T00:00:00.000Z",
  } as const;
  const environment = { name: "production", slug: "production", tier: "production" };
  const { refHistories, deployments } = await storeWith(
    { pk: "LINE#demo/app#main", version: 1, entries: [{ pipelineId: 12, sha: "a" }] },
    {
      pk: "ENVIRONMENT#demo/app#production",
      version: 1,
      document: await packDocument({ ...environment, deployments: [deployment] }),
      byProject: "ENVIRONMENTS#demo/app",
      order: "NAME#production",
    },
  );
  await refHistories.note("demo/app", "main", { pipelineId: 13, sha: "b" });
  expect(await refHistories.read("demo/app", "main")).toEqual([
    { pipelineId: 13, sha: "b" },
    { pipelineId: 12, sha: "a" },
  ]);
  const second = { ...deployment, jobId: 1300001, startedAt: "2026-01-02T00:00:00.000Z" };
  await deployments.record("demo/app", environment, second);
  expect(await deployments.list("demo/app")).toEqual([
    { ...environment, deployments: [second, deployment] },
  ]);
});

test("what a newer version stored is refused by name", async () => {
  const document = await packDocument({ format: 3 });
  const { approvals, deliveries } = await storeWith(
    { ...firstApproval, document },
    { ...firstDelivery, document },
  );
  await expect(approvals.get(3)).rejects.toThrow("APPROVAL#3 was stored by a newer version");
  await expect(deliveries.get({ forge: "gitlab", project: "Demo/App" }, "d-1")).rejects.toThrow(
    "DELIVERY#gitlab#Demo/App#d-1 was stored by a newer version",
  );
});
