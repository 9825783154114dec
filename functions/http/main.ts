import { readEnv } from "../read-env.ts";
import { wireWebhooks } from "../wire-webhooks.ts";
import { envSchema } from "./env.ts";
import { createLambdaApp } from "./lambda-app.ts";
import { lambdaHandler } from "./lambda-handler.ts";

const env = readEnv(envSchema, process.env);
const webhooks = wireWebhooks(env);

/** API Gateway HTTP API, payload format 2.0. */
export const handler = lambdaHandler(
  createLambdaApp({
    webhooks,
    loadOthers: async () => (await import("./whole-app.ts")).wholeApp(env, webhooks),
  }),
);
