import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import { ForgeError } from "#forge/forge.ts";
import { pipelineIdOfJob } from "#pipeline/jobs.ts";
import { authorizeAccess } from "#service/access/authorize-access.ts";
import { type ControlResult, controlPipeline } from "#service/advance/control.ts";
import { deploymentEnvironmentView } from "#service/deployment/deployment-environment-view.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { readJob } from "#service/read-job.ts";
import { jobView, pipelineView } from "#service/view/pipeline-view.ts";
import { readLog } from "#service/view/read-log.ts";
import { downloadArtifact } from "../download-artifact.ts";
import { approvalRoutes } from "./approvals.ts";
import { costRoutes } from "./cost.ts";
import { deliveryRoutes } from "./deliveries.ts";

const maxListed = 100;
const maxWaitMilliseconds = 10_000;
/** How often a log is asked for where no question can be held. */
const pollSeconds = "2";
const playSchema = z.object({ variables: z.optional(z.record(z.string(), z.string())) });

/** Slipway's own API, for the command line: always with an access token as bearer. */
export function apiRoutes(service: ServiceDeps): Hono {
  const app = new Hono();

  app.onError((error, context) => {
    if (!(error instanceof ForgeError)) throw error;
    service.log("warn", "a forge could not be asked", { cause: error.message });
    return context.json({ error: error.message }, 502);
  });

  app.use("/api/slipway/*", async (context, next) => {
    const token = /^Bearer (.+)$/.exec(context.req.header("authorization") ?? "")?.[1] ?? "";
    if (await authorizeAccess(service, token)) return next();
    return context.json({ error: "Send an access token: Authorization: Bearer TOKEN." }, 401);
  });

  app.get("/api/slipway/health", (context) =>
    context.json({ status: "up", url: service.server.url, version: service.server.version }),
  );

  app.route("/", approvalRoutes(service));
  app.route("/", costRoutes(service));

  app.get("/api/slipway/projects", async (context) => {
    const projects = await service.store.projects.list();
    return context.json(
      projects.map(({ id, forge, project, createdAt }) => ({
        id,
        forge,
        path: project,
        createdAt,
      })),
    );
  });

  app.get("/api/slipway/pipelines", async (context) => {
    const project = context.req.query("project");
    const limit = Math.min(Number(context.req.query("limit") ?? 20) || 20, maxListed);
    const pipelines = await service.store.pipelines.list({
      ...(project === undefined ? {} : { project }),
      limit,
    });
    return context.json(pipelines);
  });

  app.get("/api/slipway/pipelines/:id{[0-9]+}", async (context) => {
    const stored = await service.store.pipelines.get(Number(context.req.param("id")));
    return stored === undefined
      ? context.json({ error: "There is no such pipeline." }, 404)
      : context.json(pipelineView(stored.value));
  });

  app.post("/api/slipway/pipelines/:id{[0-9]+}/:action{cancel|retry}", async (context) => {
    const type = context.req.param("action") === "cancel" ? "cancel" : "retry";
    const result = await controlPipeline(service, Number(context.req.param("id")), {
      type,
      by: "access token",
    });
    return controlled(context, result);
  });

  app.get("/api/slipway/jobs/:id{[0-9]+}", async (context) => {
    const found = await readJob(service, Number(context.req.param("id")));
    return found === undefined
      ? context.json({ error: "There is no such job." }, 404)
      : context.json(jobView(found.pipeline, found.job));
  });

  app.post("/api/slipway/jobs/:id{[0-9]+}/:action{cancel|retry|play}", async (context) => {
    const jobId = Number(context.req.param("id"));
    const action = context.req.param("action");
    const base = { jobIds: [jobId], by: "access token" };
    if (action === "play") {
      const body = playSchema.safeParse(await context.req.json().catch(() => ({})));
      const given = body.success ? Object.entries(body.data.variables ?? {}) : [];
      const variables = given.map(([key, value]) => ({ key, value }));
      const result = await controlPipeline(service, pipelineIdOfJob(jobId), {
        type: "play",
        ...base,
        variables,
      });
      return controlled(context, result);
    }
    const type = action === "cancel" ? "cancel" : "retry";
    return controlled(
      context,
      await controlPipeline(service, pipelineIdOfJob(jobId), { type, ...base }),
    );
  });

  app.get("/api/slipway/jobs/:id{[0-9]+}/trace", async (context) => {
    const wait = Number(context.req.query("wait") ?? 0) || 0;
    const log = await readLog(service, Number(context.req.param("id")), {
      offset: Number(context.req.query("offset") ?? 0) || 0,
      waitMilliseconds: Math.min(wait * 1000, maxWaitMilliseconds, service.holdMilliseconds),
    });
    if (log === undefined) return context.json({ error: "There is no such job." }, 404);
    if (service.holdMilliseconds === 0) context.header("Retry-After", pollSeconds);
    context.header("X-Slipway-Length", String(log.length));
    context.header("X-Slipway-Job-Status", log.status);
    context.header("X-Slipway-Complete", String(log.complete));
    return context.body(new Uint8Array(log.bytes), 200, {
      "content-type": "text/plain; charset=utf-8",
    });
  });

  app.get("/api/slipway/jobs/:id{[0-9]+}/artifacts", (context) =>
    downloadArtifact(service, context),
  );

  app.get("/api/slipway/deployment-environments", async (context) => {
    const project = context.req.query("project");
    if (project === undefined) return context.json({ error: "Name the project: ?project=…" }, 400);
    const environments = await service.store.deployments.list(project);
    return context.json(environments.map(deploymentEnvironmentView));
  });

  app.get("/api/slipway/statuses/:sha/:project{.+}", async (context) => {
    const statuses = await service.store.commitStatuses.list(
      context.req.param("project"),
      context.req.param("sha"),
    );
    return context.json(statuses);
  });

  app.route("/", deliveryRoutes(service));

  return app;
}

function controlled(context: Context, result: ControlResult): Response {
  switch (result.result) {
    case "unknown":
      return context.json({ error: "There is no such pipeline or job." }, 404);
    case "unchanged":
      return context.json(
        { error: "Its status does not allow that.", ...pipelineView(result.pipeline) },
        409,
      );
    case "too_large":
      return context.json({ error: result.message }, 413);
    case "done":
      return context.json(pipelineView(result.pipeline));
  }
}
