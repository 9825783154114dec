import type { Hono } from "hono";
import { Hono as SmallHono } from "hono/tiny";
import {
  maxWebhookBytes,
  receiveWebhook,
  type WebhookDeps,
} from "#service/delivery/receive-webhook.ts";
import { readBody } from "../read-body.ts";

/** `POST /webhooks/:forge/:project`, the project's path with its slashes as they are or encoded. */
export function webhookRoutes(service: WebhookDeps): Hono {
  const app = new SmallHono();
  app.post("/webhooks/:forge/:project{.+}", async (context) => {
    const body = await readBody(context.req.raw, maxWebhookBytes);
    if (body === "too_large") {
      return context.json({ error: `Payloads over ${maxWebhookBytes} bytes are not read.` }, 413);
    }
    const answer = await receiveWebhook(
      service,
      { forge: context.req.param("forge"), project: context.req.param("project") },
      { headers: context.req.raw.headers, body },
    );
    return context.json(answer.body, answer.status);
  });
  return app;
}
