import { Hono } from "hono";
import { type CostDeps, costOfPipeline, costSince } from "#service/view/cost.ts";

const usualMilliseconds = 7 * 24 * 3600 * 1000;

/** What pipelines took of build machines, for those whom `apiRoutes` let in. */
export function costRoutes(service: CostDeps): Hono {
  const app = new Hono();

  app.get("/api/slipway/cost", async (context) => {
    const pipeline = context.req.query("pipeline");
    if (pipeline !== undefined) {
      const cost = await costOfPipeline(service, Number(pipeline));
      return cost === undefined
        ? context.json({ error: "There is no such pipeline." }, 404)
        : context.json(cost);
    }
    const project = context.req.query("project");
    const since = context.req.query("since");
    if (since !== undefined && Number.isNaN(Date.parse(since))) {
      return context.json({ error: "`since` is a time as ISO 8601 has it." }, 400);
    }
    const from = since === undefined ? service.now() - usualMilliseconds : Date.parse(since);
    const cost = await costSince(service, {
      ...(project === undefined ? {} : { project }),
      since: new Date(from).toISOString(),
    });
    return context.json(cost);
  });

  return app;
}
