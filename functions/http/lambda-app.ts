import type { Hono } from "hono";
import { Hono as SmallHono } from "hono/tiny";
import type { WebhookDeps } from "#service/delivery/receive-webhook.ts";
import { loadOnce } from "../load-once.ts";
import { answerFailure } from "./answer-failure.ts";
import { webhookRoutes } from "./webhooks/webhooks.ts";

/**
 * The HTTP service in a function: webhooks by what is there from the start, everything else by an app that is
 * loaded when somebody asks for it.
 */
export function createLambdaApp(options: {
  readonly webhooks: WebhookDeps;
  readonly loadOthers: () => Promise<Pick<Hono, "fetch">>;
}): Hono {
  const app = new SmallHono();
  app.onError((error, { req }) => answerFailure(options.webhooks.log, error, req));
  app.route("/", webhookRoutes(options.webhooks));
  const others = loadOnce(options.loadOthers);
  app.all("*", async (context) => (await others()).fetch(context.req.raw));
  return app;
}
