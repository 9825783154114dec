import * as z from "zod/mini";
import { nonEmpty } from "./env-text.ts";

/**
 * What `http`, `work` and `sweep` are told by their environment: where things are, nothing secret. Region and
 * credentials are the SDK's own variables.
 */
export const serviceEnvSchema = z.object({
  /** The service's address from outside, without trailing slash. */
  SLIPWAY_URL: z.string().check(z.regex(/^https?:\/\/[^\s/]+(?:\/[^\s]*[^\s/])?$/)),
  SLIPWAY_TABLE: nonEmpty,
  SLIPWAY_BUCKET: nonEmpty,
  SLIPWAY_WORK_QUEUE_URL: nonEmpty,
  /** A standard queue: FIFO queues have no delay per message. */
  SLIPWAY_LATER_QUEUE_URL: nonEmpty,
  /** In front of every name in Secrets Manager, such as `slipway/`. */
  SLIPWAY_SECRETS_PREFIX: nonEmpty,
  /** Name of the CodeBuild project that projects share. */
  SLIPWAY_CODEBUILD_PROJECT: nonEmpty,
  /** ARN up to and with the path of build roles: `arn:aws:iam::ACCOUNT:role/slipway/builds/`. */
  SLIPWAY_BUILD_ROLES: z.string().check(z.regex(/^arn:[^:]+:iam::\d{12}:role\/.+\/$/)),
  /** Host of the registry: `ACCOUNT.dkr.ecr.REGION.amazonaws.com`. */
  SLIPWAY_REGISTRY: nonEmpty,
  SLIPWAY_VERSION: nonEmpty,
  /** What is less than this is not logged; `info` unless told. */
  SLIPWAY_LOG_LEVEL: z.optional(z.enum(["info", "warn", "error"])),
});

export type ServiceEnv = z.infer<typeof serviceEnvSchema>;
