import type * as z from "zod/mini";
import { serviceEnvSchema } from "../service-env.ts";

/** The environment of the function `http`; its CDK construct takes `z.input` of it. */
export const envSchema = serviceEnvSchema;

export type Env = z.infer<typeof envSchema>;
