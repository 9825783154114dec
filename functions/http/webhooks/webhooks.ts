import type { Hono } from "hono";
import { Hono as SmallHono } from "hono/tiny";
import {
  maxWebhookBytes,
  receiveWebhook,
  type WebhookDeps,
} from "#service/delivery/receive-webhook.ts";
import { webhookView } from "#service/view/webhook-view.ts";
import { readBody } from "../read-body.ts";
import { refuse } from "../refuse.ts";

/** `POST /webhooks/:forge/:project`, the project's path with its slashes as they are or encoded. */
export function webhookRoutes(service: WebhookDeps): Hono {
  const app = new SmallHono();
  app.post("/webhooks/:forge/:project{.+}", async (context) => {
    const body = await readBody(context.req.raw, maxWebhookBytes);
    if (body === "too_large") {
      return refuse("too_large", `Payloads over ${maxWebhookBytes} bytes are not read.`);
    }
    const answer = await receiveWebhook(
      service,
      { forge: context.req.param("forge"), project: context.req.param("project") },
      { headers: context.req.raw.headers, body },
    );
    return "refused" in answer
      ? refuse(answer.refused, answer.message)
      : context.json(webhookView(answer.outcome), answer.status);
  });
  return app;
}
