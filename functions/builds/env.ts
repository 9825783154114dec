import * as z from "zod/mini";
import { nonEmpty } from "../env-text.ts";

/** The environment of the function `builds`; its CDK construct takes `z.input` of it. */
export const envSchema = z.object({
  SLIPWAY_WORK_QUEUE_URL: nonEmpty,
  /** What is less than this is not logged; `info` unless told. */
  SLIPWAY_LOG_LEVEL: z.optional(z.enum(["info", "warn", "error"])),
});

export type Env = z.infer<typeof envSchema>;
