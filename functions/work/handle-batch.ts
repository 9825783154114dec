import type { SQSBatchResponse, SQSRecord } from "aws-lambda";
import { parseMessage } from "#queue/message.ts";
import type { Message } from "#queue/queue.ts";
import type { Log, LogFields } from "#service/deps.ts";
import { withLogFields } from "../log.ts";

export type BatchDeps = {
  readonly handle: (message: Message) => Promise<void>;
  /** Has a message that failed come back after so many seconds, before its visibility time-out. */
  readonly comeBack: (record: SQSRecord, seconds: number) => Promise<void>;
  /** Milliseconds that are left to this invocation. */
  readonly remainingMilliseconds: () => number;
  readonly log: Log;
};

/** Work that begins with less than this would be cut off half-way. */
const leastMilliseconds = 10_000;
const longestPauseSeconds = 60;

type Outcome = "done" | "failed";

/**
 * Handles messages, groups side by side, those of one group in their order, and answers which ones failed. After a
 * failure the later ones of that group count as failed too, since they must not overtake it. What is no message
 * of ours fails alone: it ends in the dead-letter queue and keeps nothing from being handled.
 */
export async function handleBatch(
  deps: BatchDeps,
  records: readonly SQSRecord[],
): Promise<SQSBatchResponse> {
  const failed = await Promise.all(groupsOf(records).map((group) => handleGroup(deps, group)));
  const batchItemFailures = failed.flat().map(({ messageId }) => ({ itemIdentifier: messageId }));
  return { batchItemFailures };
}

/** Messages of a standard queue have no group but themselves. */
function groupsOf(records: readonly SQSRecord[]): readonly (readonly SQSRecord[])[] {
  const groups = new Map<string, SQSRecord[]>();
  for (const record of records) {
    const group = record.attributes.MessageGroupId ?? record.messageId;
    groups.set(group, [...(groups.get(group) ?? []), record]);
  }
  return [...groups.values()];
}

async function handleGroup(
  deps: BatchDeps,
  records: readonly SQSRecord[],
): Promise<readonly SQSRecord[]> {
  const failed: SQSRecord[] = [];
  let isBlocked = false;
  for (const record of records) {
    const message = parseMessage(record.body);
    if (message === undefined) {
      deps.log("error", "not a message of ours: it goes to the dead-letter queue", {
        messageId: record.messageId,
      });
      failed.push(record);
      continue;
    }
    isBlocked ||= (await handleOne(deps, record, message)) === "failed";
    if (isBlocked) failed.push(record);
  }
  await Promise.all(failed.map((record) => comeBack(deps, record)));
  return failed;
}

async function handleOne(deps: BatchDeps, record: SQSRecord, message: Message): Promise<Outcome> {
  const { messageId, attributes } = record;
  const fields = { messageId, ...idsOf(message) };
  return withLogFields(fields, async () => {
    if (deps.remainingMilliseconds() < leastMilliseconds) {
      deps.log("warn", "no time is left for a message: it comes back");
      return "failed";
    }
    try {
      await deps.handle(message);
      return "done";
    } catch (error) {
      deps.log("error", "a message failed: it comes back", {
        receives: Number(attributes.ApproximateReceiveCount),
        cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      return "failed";
    }
  });
}

/** Otherwise the group waits for the whole visibility time-out, which is made for functions that were killed. */
async function comeBack(deps: BatchDeps, record: SQSRecord): Promise<void> {
  const receives = Number(record.attributes.ApproximateReceiveCount);
  const seconds = Math.min(longestPauseSeconds, 2 ** Math.min(receives, 10));
  try {
    await deps.comeBack(record, seconds);
  } catch (error) {
    deps.log("warn", "a message comes back only after its visibility time-out", {
      messageId: record.messageId,
      cause: String(error),
    });
  }
}

function idsOf(message: Message): LogFields {
  if (message.type === "pipeline") return { pipeline: message.pipelineId };
  if (message.type !== "delivery") return {};
  return { forge: message.forge, project: message.project, delivery: message.deliveryId };
}
