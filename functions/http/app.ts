import { Hono } from "hono";
import { answerFailure } from "./answer-failure.ts";
import type { AppDeps } from "./app-deps.ts";
import { openidRoutes } from "./openid.ts";
import { pageRoutes } from "./pages/pages.tsx";
import { refuse } from "./refuse.ts";
import { registryTokenRoutes } from "./registry-token.ts";
import { artifactRoutes } from "./runner/artifacts.ts";
import { runnerRoutes } from "./runner/runner-api.ts";
import { apiRoutes } from "./slipway/api.ts";
import { cacheRoutes } from "./slipway/cache.ts";
import { ticketRoutes } from "./slipway/ticket.ts";
import { webhookRoutes } from "./webhooks/webhooks.ts";

/** The whole HTTP service: the same app behind Lambda and on one machine. */
export function createApp(deps: AppDeps): Hono {
  const app = withErrors(deps, new Hono());
  app.route("/", workloadRoutes(deps));
  app.route("/", apiRoutes(deps.service));
  app.route("/", pageRoutes(deps));
  return app;
}

/** Only what runners, jobs and registries inside environments call. */
export function createWorkloadApp(deps: AppDeps): Hono {
  const app = withErrors(deps, new Hono());
  app.route("/", workloadRoutes(deps));
  return app;
}

function workloadRoutes(deps: AppDeps): Hono {
  const app = new Hono();
  app.route("/", webhookRoutes(deps.service));
  app.route("/", ticketRoutes(deps.service));
  app.route("/", runnerRoutes(deps.service));
  app.route("/", openidRoutes(deps.service));
  app.route("/", artifactRoutes(deps.service));
  app.route("/", cacheRoutes(deps.service));
  if (deps.registryTokens !== undefined) app.route("/", registryTokenRoutes(deps.registryTokens));
  return app;
}

function withErrors(deps: AppDeps, app: Hono): Hono {
  app.onError((error, { req }) => answerFailure(deps.service.log, error, req));
  app.notFound(() => refuse("not_found", "There is nothing at this address."));
  return app;
}
