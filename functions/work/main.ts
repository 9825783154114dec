import { ChangeMessageVisibilityCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { handleMessage } from "#service/handle-message.ts";
import { withLogFields } from "../log.ts";
import { readEnv } from "../read-env.ts";
import { wireAws } from "../wire-aws.ts";
import { envSchema } from "./env.ts";
import { handleBatch } from "./handle-batch.ts";

const env = readEnv(envSchema, process.env);
const service = wireAws(env);
const sqs = new SQSClient({});

/** SQS: the work queue and the queue of later looks, with partial batch failures. */
export function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  return withLogFields({ requestId: context.awsRequestId }, () =>
    handleBatch(
      {
        handle: (message) => handleMessage(service, message),
        comeBack,
        remainingMilliseconds: () => context.getRemainingTimeInMillis(),
        log: service.log,
      },
      event.Records,
    ),
  );
}

async function comeBack(record: SQSRecord, seconds: number): Promise<void> {
  const isWork = record.eventSourceARN.endsWith(".fifo");
  await sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: isWork ? env.SLIPWAY_WORK_QUEUE_URL : env.SLIPWAY_LATER_QUEUE_URL,
      ReceiptHandle: record.receiptHandle,
      VisibilityTimeout: seconds,
    }),
  );
}
