import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message as SqsMessage,
} from "@aws-sdk/client-sqs";
import { type FauxqsServer, startFauxqs } from "fauxqs";
import { parseMessage } from "#queue/message.ts";
import type { Message } from "#queue/queue.ts";

export type TestQueues = {
  readonly server: FauxqsServer;
  readonly client: SQSClient;
  readonly workQueueUrl: string;
  readonly laterQueueUrl: string;
  /** Hands out what is there, as the function `work` gets it, until both queues are empty. */
  readonly drain: (handle: (message: Message) => Promise<void>) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** The work queue and the later queue in an emulator of SQS, reached by the real client. */
export async function startQueues(): Promise<TestQueues> {
  const server = await startFauxqs({ port: 0, logger: false });
  const fifo = server.createQueue("work.fifo", { attributes: { FifoQueue: "true" } });
  const later = server.createQueue("later");
  const endpoint = `http://127.0.0.1:${server.port}`;
  const client = new SQSClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const urls = [fifo.queueUrl, later.queueUrl];

  async function handleOne(
    QueueUrl: string,
    { Body = "", ReceiptHandle }: SqsMessage,
    handle: (message: Message) => Promise<void>,
  ): Promise<void> {
    const message = parseMessage(Body);
    if (message === undefined) throw new Error(`no message of ours: ${Body}`);
    try {
      await handle(message);
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    } catch {
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
      );
    }
  }

  function isEmpty(): boolean {
    return ["work.fifo", "later"].every((name) => {
      const { ready = [], delayed = [], inflight = [] } = server.inspectQueue(name)?.messages ?? {};
      return ready.length + delayed.length + inflight.length === 0;
    });
  }

  return {
    server,
    client,
    workQueueUrl: fifo.queueUrl,
    laterQueueUrl: later.queueUrl,
    drain: async (handle) => {
      const atWork = new Set<Promise<void>>();
      while (!isEmpty() || atWork.size > 0) {
        for (const QueueUrl of urls) {
          const { Messages = [] } = await client.send(
            new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
          );
          for (const message of Messages) {
            const working = handleOne(QueueUrl, message, handle).finally(() => {
              atWork.delete(working);
            });
            atWork.add(working);
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    close: async () => {
      client.destroy();
      await server.stop();
    },
  };
}
