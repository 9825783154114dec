import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { groupId, MessageTooLarge, sqsQueue } from "#queue/sqs.ts";
import { startQueues, type TestQueues } from "../aws/sqs/queues.ts";
import { defineQueueContract, delivery, look } from "./contract.ts";

let queues: TestQueues;
beforeAll(async () => {
  queues = await startQueues();
});
afterAll(() => queues.close());
beforeEach(() => queues.server.reset());

defineQueueContract({
  create: async (handle) => ({
    queue: sqsQueue(queues),
    drain: () => queues.drain(handle),
  }),
});

const waiting = (name: string) => queues.server.inspectQueue(name)?.messages;

describe("SQS", () => {
  test("takes the same look as often as it is sent: none is swallowed as a double", async () => {
    const queue = sqsQueue(queues);
    for (let times = 0; times < 3; times++) await queue.send(look(7));
    expect(waiting("work.fifo")?.ready).toHaveLength(3);
    const groups = waiting("work.fifo")?.ready.map(({ messageGroupId }) => messageGroupId);
    expect(new Set(groups)).toEqual(new Set(["pipeline:7"]));
  });

  test.for([
    [0.2, 1],
    [30, 30],
    [86_400, 900],
  ] as const)("a look in %d seconds waits %d in the later queue", async ([asked, delay]) => {
    const queue = sqsQueue(queues);
    await queue.send(look(7), { delaySeconds: asked });
    const [message] = waiting("later")?.delayed ?? [];
    expect(message?.delayUntil ?? 0).toBeGreaterThan(Date.now() + (delay - 1) * 1000);
    expect(message?.delayUntil ?? 0).toBeLessThanOrEqual(Date.now() + delay * 1000);
    expect(message?.messageGroupId).toBeUndefined();
    queues.server.reset();
  });

  test("a message that no event of sane size makes is refused before it is sent", async () => {
    const sending = sqsQueue(queues).send(delivery("group/app", "d".repeat(70_000)));
    await expect(sending).rejects.toThrow(MessageTooLarge);
    expect(waiting("work.fifo")?.ready).toEqual([]);
  });

  test("that is away makes send fail", async () => {
    const client = new SQSClient({
      endpoint: "http://127.0.0.1:1",
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      maxAttempts: 2,
    });
    await expect(sqsQueue({ ...queues, client }).send(look(1))).rejects.toThrow();
  });
});

describe("a message group", () => {
  test.for(["group/app", "gruppe/äpp", "a b", "x".repeat(300)])(
    "has a name that SQS takes for the project %j",
    (project) => {
      expect(groupId(delivery(project, "d"))).toMatch(/^[\x21-\x7e]{1,128}$/);
      expect(groupId(delivery(project, "d"))).not.toBe(groupId(delivery(`${project}x`, "d")));
    },
  );
});
