import type { Context } from "aws-lambda";
import { runSweep } from "#service/sweep/run-sweep.ts";
import { withLogFields } from "../log.ts";
import { readEnv } from "../read-env.ts";
import { wireAws } from "../wire-aws.ts";
import { envSchema } from "./env.ts";

const service = wireAws(readEnv(envSchema, process.env), {
  // It may end builds and start none: what follows from a change is for those who look at the pipeline.
  defer: async () => undefined,
});

/** Kept for ending what was begun. */
const reserveMilliseconds = 10_000;

/** EventBridge Scheduler, every minute. */
export function handler(_event: unknown, context: Context): Promise<void> {
  const until = service.now() + context.getRemainingTimeInMillis() - reserveMilliseconds;
  return withLogFields({ requestId: context.awsRequestId }, () => runSweep(service, until));
}
