import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { type FauxqsServer, startFauxqs } from "fauxqs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { handleBatch } from "#functions/work/handle-batch.ts";
import type { Message } from "#queue/queue.ts";
import { sqsQueue } from "#queue/sqs.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import { handleMessage } from "#service/handle-message.ts";
import { sweep } from "#service/sweep/sweep.ts";
import { makeWorld, project, type World } from "../service/world.ts";
import { sqsRecord } from "./lambda-events.ts";

const receives = 3;

let world: World;
let server: FauxqsServer;
let client: SQSClient;
let work: string;
let dead: string;
beforeEach(async () => {
  world = await makeWorld();
  world.files.set(".gitlab-ci.yml", "build: { script: [make] }\n");
  server = await startFauxqs({ port: 0, logger: false });
  const letters = server.createQueue("dead.fifo", { attributes: { FifoQueue: "true" } });
  dead = letters.queueUrl;
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: letters.queueArn,
    maxReceiveCount: String(receives),
  });
  work = server.createQueue("work.fifo", {
    attributes: { FifoQueue: "true", RedrivePolicy },
  }).queueUrl;
  client = new SQSClient({
    endpoint: `http://127.0.0.1:${server.port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
});
afterEach(async () => {
  client.destroy();
  await server.stop();
  await world.close();
});

async function receive(QueueUrl: string) {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ["All"],
    }),
  );
  return Messages.map(({ MessageId: id = "", Body: body = "", ReceiptHandle, Attributes }) => ({
    record: sqsRecord({ id, body, group: Attributes?.MessageGroupId ?? "" }),
    ReceiptHandle,
    group: Attributes?.MessageGroupId,
  }));
}

/** What Lambda does with a queue, for so many batches. */
async function poll(batches: number, handle: (message: Message) => Promise<void>): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    const messages = await receive(work);
    const { batchItemFailures } = await handleBatch(
      { handle, comeBack: async () => {}, remainingMilliseconds: () => 60_000, log: () => {} },
      messages.map(({ record }) => record),
    );
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const { record, ReceiptHandle } of messages) {
      const message = { QueueUrl: work, ReceiptHandle };
      await (failed.has(record.messageId)
        ? client.send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout: 0 }))
        : client.send(new DeleteMessageCommand(message)));
    }
  }
}

/** As "Start DLQ redrive" does it. */
async function redrive(): Promise<number> {
  const messages = await receive(dead);
  for (const { record, ReceiptHandle, group } of messages) {
    await client.send(
      new SendMessageCommand({
        QueueUrl: work,
        MessageBody: record.body,
        MessageGroupId: group,
        MessageDeduplicationId: record.messageId,
      }),
    );
    await client.send(new DeleteMessageCommand({ QueueUrl: dead, ReceiptHandle }));
  }
  return messages.length;
}

test.for([
  ["makes the pipeline that it was for", false],
  ["makes no second one where the sweep was faster", true],
] as const)("a delivery sent back from the dead-letter queue %s", async ([, isSwept]) => {
  const deps = {
    ...world.deps,
    queue: sqsQueue({ client, workQueueUrl: work, laterQueueUrl: work }),
  };
  const handle = async (message: Message) => {
    if (message.type === "delivery") await handleMessage(deps, message);
  };
  const pipelines = async () => (await deps.store.pipelines.list({ project, limit: 10 })).length;

  await receiveWebhook(deps, { forge: "local", project }, world.webhook());
  await poll(receives + 2, async () => {
    throw new Error("an outage");
  });
  expect(await pipelines()).toBe(0);
  if (isSwept) {
    await sweep({ ...deps, now: () => Date.now() + 60_000 });
    await poll(5, handle);
    expect(await pipelines()).toBe(1);
  }
  expect(await redrive()).toBe(1);
  await poll(5, handle);
  expect(await pipelines()).toBe(1);
  expect(await redrive()).toBe(0);
});
