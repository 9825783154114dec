import { Hono } from "hono";
import * as z from "zod/mini";
import { isSamePath } from "#pipeline/project-key.ts";
import type { Installation, Ports, ServiceDeps } from "#service/deps.ts";
import {
  findDelivery,
  listDeliveries,
  traceDelivery,
  webhookHints,
} from "#service/view/delivery-view.ts";
import { lookAtForge } from "#service/watch/look-at-forge.ts";
import { connectedProjects } from "#service/watch/sweep-forges.ts";

const maxListed = 100;
const syncSchema = z.object({ project: z.string(), forge: z.optional(z.string()) });

/** What forges delivered and what came of it; behind the access token that all of the API asks for. */
export function deliveryRoutes(service: ServiceDeps): Hono {
  const app = new Hono();

  app.get("/api/slipway/deliveries", async (context) => {
    const project = context.req.query("project");
    const limit = Math.min(Number(context.req.query("limit") ?? 20) || 20, maxListed);
    const filter = { limit, ...(project === undefined ? {} : { project }) };
    const [deliveries, hints] = await Promise.all([
      listDeliveries(service, filter),
      webhookHints(service, project),
    ]);
    return context.json({ deliveries, hints });
  });

  app.get("/api/slipway/deliveries/:id", async (context) => {
    const delivery = await findDelivery(service, context.req.param("id"));
    return delivery === undefined
      ? context.json(unknown, 404)
      : context.json(await traceDelivery(service, delivery));
  });

  app.post("/api/slipway/deliveries/:id/redeliver", async (context) => {
    const delivery = await findDelivery(service, context.req.param("id"));
    if (delivery === undefined) return context.json(unknown, 404);
    // Makes pipelines, for which it brings the compiler along.
    const { redeliver } = await import("#service/delivery/redeliver.ts");
    await redeliver(service, delivery);
    const handled = await service.store.deliveries.get(delivery, delivery.id);
    return context.json(await traceDelivery(service, handled ?? delivery));
  });

  app.get("/api/slipway/connected", async (context) =>
    context.json(await connectedProjects(service)),
  );

  app.post("/api/slipway/sync", async (context) => {
    const body = syncSchema.safeParse(await context.req.json().catch(() => undefined));
    if (!body.success) return context.json({ error: "Name the project: {project}." }, 400);
    const key = await findProject(service, body.data.project, body.data.forge);
    return key === undefined
      ? context.json({ error: `No project ${body.data.project} is connected.` }, 404)
      : context.json(await lookAtForge(service, key, { patience: false }));
  });

  return app;
}

const unknown = {
  error:
    "There is no such delivery among the newest thousand, or several begin so: give its id, or at least four characters that no other begins with.",
};

async function findProject(
  service: Pick<Ports, "store"> & Pick<Installation, "connected">,
  project: string,
  forge: string | undefined,
) {
  const stored = await service.store.projects.list();
  return [...(await connectedProjects(service)), ...stored].find(
    (key) => isSamePath(key.project, project) && (forge === undefined || key.forge === forge),
  );
}
