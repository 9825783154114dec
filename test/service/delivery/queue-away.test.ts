import { SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sqsQueue } from "#queue/sqs.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import { handleMessage } from "#service/handle-message.ts";
import { sweep } from "#service/sweep/sweep.ts";
import { startQueues, type TestQueues } from "../../aws/sqs/queues.ts";
import { makeWorld, project, type World } from "../world.ts";

const connection = { forge: "local", project };

let world: World;
let queues: TestQueues;
beforeEach(async () => {
  world = await makeWorld();
  world.files.set(".gitlab-ci.yml", "build: { script: [make] }\n");
  queues = await startQueues();
});
afterEach(async () => {
  await queues.close();
  await world.close();
});

const away = () =>
  new SQSClient({
    endpoint: "http://127.0.0.1:1",
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });

async function work(): Promise<number> {
  await queues.drain((message) => handleMessage(world.deps, message));
  await world.settle();
  return (await world.deps.store.pipelines.list({ project, limit: 10 })).length;
}

describe("a delivery that SQS did not take", () => {
  beforeEach(async () => {
    const deps = { ...world.deps, queue: sqsQueue({ ...queues, client: away() }) };
    await expect(receiveWebhook(deps, connection, world.webhook())).rejects.toThrow();
    const stored = await world.deps.store.deliveries.get({ forge: "local", project }, "delivery-1");
    expect([stored?.state, await work()]).toEqual(["received", 0]);
  });

  test("is queued when the forge sends it again", async () => {
    const deps = { ...world.deps, queue: sqsQueue(queues) };
    const answers = [
      await receiveWebhook(deps, connection, world.webhook()),
      await receiveWebhook(deps, connection, world.webhook()),
    ];
    expect(answers).toMatchObject([
      { outcome: { result: "queued" } },
      { outcome: { result: "duplicate" } },
    ]);
    expect(await work()).toBe(1);
  });

  test("is queued by the sweep, if the forge does not", async () => {
    const inAMinute = () => Date.now() + 60_000;
    await sweep({ ...world.deps, queue: sqsQueue(queues), now: inAMinute });
    expect(await work()).toBe(1);
    await sweep({ ...world.deps, queue: sqsQueue(queues), now: inAMinute });
    expect(await work()).toBe(1);
  });
});
