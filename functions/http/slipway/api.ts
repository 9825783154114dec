import { Hono } from "hono";
import { ForgeError } from "#forge/forge.ts";
import { authorizeAccess } from "#service/access/authorize-access.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { refuse } from "../refuse.ts";
import { approvalRoutes } from "./approvals.ts";
import { costRoutes } from "./cost.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { jobRoutes } from "./jobs.ts";
import { pipelineRoutes } from "./pipelines.ts";
import { projectRoutes } from "./projects.ts";

/** Slipway's own API, for the command line: always with an access token as bearer. */
export function apiRoutes(service: ServiceDeps): Hono {
  const app = new Hono();

  app.onError((error) => {
    if (!(error instanceof ForgeError)) throw error;
    service.log("warn", "a forge could not be asked", { cause: error.message });
    return refuse("forge_unavailable", error.message);
  });

  app.use("/api/slipway/*", async (context, next) => {
    const token = /^Bearer (.+)$/.exec(context.req.header("authorization") ?? "")?.[1] ?? "";
    if (await authorizeAccess(service, token)) return next();
    return refuse("unauthenticated", "Send an access token: Authorization: Bearer TOKEN.");
  });

  app.route("/", projectRoutes(service));
  app.route("/", pipelineRoutes(service));
  app.route("/", jobRoutes(service));
  app.route("/", approvalRoutes(service));
  app.route("/", costRoutes(service));
  app.route("/", deliveryRoutes(service));

  return app;
}
