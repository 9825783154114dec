import { SQSClient } from "@aws-sdk/client-sqs";
import type { Context } from "aws-lambda";
import { sqsQueue } from "#queue/sqs.ts";
import { jsonLog, withLogFields } from "../log.ts";
import { readEnv } from "../read-env.ts";
import { envSchema } from "./env.ts";
import { handleBuildEvent } from "./handle-build-event.ts";

const env = readEnv(envSchema, process.env);
const deps = {
  log: jsonLog(env.SLIPWAY_LOG_LEVEL),
  queue: sqsQueue({ client: new SQSClient({}), workQueueUrl: env.SLIPWAY_WORK_QUEUE_URL }),
};

/** EventBridge: "CodeBuild Build State Change". */
export function handler(event: unknown, { awsRequestId }: Context): Promise<void> {
  return withLogFields({ requestId: awsRequestId }, () => handleBuildEvent(deps, event));
}
