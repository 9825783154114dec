import type { Hono } from "hono";
import { wireAws } from "../wire-aws.ts";
import type { WebhookWiring } from "../wire-webhooks.ts";
import { createApp } from "./app.ts";
import { deferBriefly } from "./defer-briefly.ts";
import type { Env } from "./env.ts";
import { isSignedIn } from "./sign-in.ts";

/** An HTTP API gives up after 30 s. */
const effectsMilliseconds = 15_000;

/** Runner API, API and pages on AWS's adapters. */
export function wholeApp(env: Env, base: WebhookWiring): Hono {
  const service = wireAws(env, { base, defer: deferBriefly(base.log, effectsMilliseconds) });
  return createApp({ service, mayReadPages: (request) => isSignedIn(service, request) });
}
