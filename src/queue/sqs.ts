import { createHash, randomUUID } from "node:crypto";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { type Message, messageGroup, type Queue } from "./queue.ts";

/** Nothing was sent: the message is larger than any that Slipway makes of a sane event. */
export class MessageTooLarge extends Error {
  override readonly name = "MessageTooLarge";

  constructor(sizeBytes: number) {
    super(
      `A message of ${sizeBytes} bytes is not sent, ${largestMessageBytes} are the most: ` +
        "the delivery's id or the project's path is too long.",
    );
  }
}

/** Far below what SQS takes, so that a batch of ten fits into one invocation. */
const largestMessageBytes = 64 * 1024;

/** SQS's longest delay (Amazon SQS API Reference, "SendMessage"). A look that comes early asks again. */
const longestDelaySeconds = 900;

/**
 * Looks at once go through a FIFO queue, one group for each thing looked at. It knows no delay for a single
 * message, so that later looks go through a standard queue, where groups do not hold: the version of what is
 * saved keeps two handlers apart. `send` rejects when SQS did not take the message.
 */
export function sqsQueue(options: {
  readonly client: SQSClient;
  /** FIFO. */
  readonly workQueueUrl: string;
  /** Standard. Absent for those who send nothing with a delay. */
  readonly laterQueueUrl?: string;
}): Queue {
  const { client, workQueueUrl, laterQueueUrl } = options;
  return {
    send: async (message, { delaySeconds = 0 } = {}) => {
      const MessageBody = JSON.stringify(message);
      const sizeBytes = Buffer.byteLength(MessageBody);
      if (sizeBytes > largestMessageBytes) throw new MessageTooLarge(sizeBytes);
      if (delaySeconds > 0 && laterQueueUrl === undefined) {
        throw new Error("There is no queue for messages with a delay.");
      }
      await client.send(
        delaySeconds > 0
          ? new SendMessageCommand({
              QueueUrl: laterQueueUrl,
              MessageBody,
              DelaySeconds: Math.min(Math.ceil(delaySeconds), longestDelaySeconds),
            })
          : new SendMessageCommand({
              QueueUrl: workQueueUrl,
              MessageBody,
              MessageGroupId: groupId(message),
              // Never the content: a look that is asked for after a change must not be taken for the one before it.
              MessageDeduplicationId: randomUUID(),
            }),
      );
    },
  };
}

const longestGroupId = 128;

/** A group's name may have 128 characters of printable ASCII; others go by their hash. */
export function groupId(message: Message): string {
  const group = messageGroup(message);
  return group.length <= longestGroupId && /^[\x21-\x7e]+$/.test(group)
    ? group
    : `sha256:${createHash("sha256").update(group).digest("hex")}`;
}
