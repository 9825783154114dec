import type { Hono } from "hono";
import { Hono as SmallHono } from "hono/tiny";
import type { WebhookDeps } from "#service/delivery/receive-webhook.ts";
import { loadOnce } from "../load-once.ts";
import { refuse } from "./refuse.ts";
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
  app.onError((error, context) => {
    options.webhooks.log("error", "request failed", {
      method: context.req.method,
      path: context.req.path,
      cause: error.stack ?? String(error),
    });
    return refuse("internal_error", "Internal error. It is in the service's log.");
  });
  app.route("/", webhookRoutes(options.webhooks));
  const others = loadOnce(options.loadOthers);
  app.all("*", async (context) => (await others()).fetch(context.req.raw));
  return app;
}
