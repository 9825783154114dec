import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type EmbeddedDynamodb, openEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import type { Message } from "#queue/queue.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { handleMessage } from "#service/handle-message.ts";
import { sweep } from "#service/sweep/sweep.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { createTable } from "#store/dynamodb/table.ts";
import { type DynamodbFaults, dynamodbFaults } from "../aws/dynamodb-faults.ts";
import { makeWorld, project, type World } from "./world.ts";

const connection = { forge: "local", project };

let directory: string;
let database: EmbeddedDynamodb;
let faults: DynamodbFaults;
let world: World;
let deps: ServiceDeps;
/** As SQS holds them. */
let messages: Message[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "slipway-throttled-"));
  database = await openEmbeddedDynamodb(directory);
  await createTable(database.client, "slipway");
  faults = await dynamodbFaults(database.client, { maxAttempts: 1 });
  world = await makeWorld();
  world.files.set(".gitlab-ci.yml", "build: { script: [make] }\n");
  messages = [];
  deps = {
    ...world.deps,
    store: dynamodbStore(faults.client, "slipway"),
    queue: {
      send: async (message) => {
        messages.push(message);
      },
    },
    // As in a Lambda function.
    defer: async (work) => {
      await work();
    },
  };
});
afterEach(async () => {
  await world.close();
  await database.close();
  await rm(directory, { recursive: true });
});

/** The forge sends again what was not answered; SQS hands out again what was not handled. */
async function again(work: () => Promise<unknown>): Promise<number> {
  for (let failures = 0; failures < 5; failures++) {
    try {
      await work();
      return failures;
    } catch (error) {
      expect(error).toMatchObject({ name: expect.stringMatching(/Throttl|Throughput/) });
    }
  }
  throw new Error("it fails again and again");
}

async function pushAndHandle(number: number): Promise<number> {
  const sha = String(number).padStart(40, "0");
  const event = { id: `d-${number}`, sha, ref: `refs/heads/b-${number}` };
  const failures = await again(() => receiveWebhook(deps, connection, world.webhook(event)));
  return failures + (await handleAll());
}

async function handleAll(): Promise<number> {
  let failures = 0;
  for (let message = messages.shift(); message !== undefined; message = messages.shift()) {
    const present = message;
    failures += await again(() => handleMessage(deps, present));
  }
  return failures;
}

describe("a DynamoDB that is too busy", () => {
  test("at any one call on the way from a webhook to an environment loses and doubles nothing", async () => {
    let throttled = 0;
    let number = 0;
    do {
      number += 1;
      const throttledCall = number;
      faults.restart();
      faults.fault = (call) => (call === throttledCall ? "ThrottlingException" : undefined);
      throttled += await pushAndHandle(number);
    } while (faults.calls() >= number);
    expect(throttled).toBeGreaterThan(15);
    faults.fault = () => undefined;
    await sweep(deps);
    await handleAll();
    for (let push = 1; push <= number; push++) {
      const made = await deps.store.pipelines.list({ project, ref: `b-${push}`, limit: 10 });
      expect(made).toHaveLength(1);
      const id = made[0]?.id ?? 0;
      expect(world.started.filter(({ pipelineId }) => pipelineId === id)).toHaveLength(1);
      const delivery = await deps.store.deliveries.get({ forge: "local", project }, `d-${push}`);
      expect(delivery?.state).toBe("done");
      const { jobs = [] } = (await deps.store.pipelines.get(id))?.value ?? {};
      expect(jobs.map(({ status }) => status)).toEqual(["pending"]);
    }
  });

  test("is asked three times and no more, then the caller hears of it", async () => {
    const three = await dynamodbFaults(database.client, { maxAttempts: 3 });
    const { pipelines } = dynamodbStore(three.client, "slipway");
    three.fault = () => "ProvisionedThroughputExceededException";
    await expect(pipelines.nextId()).rejects.toThrow();
    expect(three.attempts()).toBe(3);
    three.fault = () => undefined;
    expect(await pipelines.nextId()).toBe(1);
  });
});
