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
import { forgeLookView } from "#service/view/forge-look-view.ts";
import { connectedProjectView } from "#service/view/project-view.ts";
import { described } from "#service/view/schema/parts.ts";
import { lookAtForge } from "#service/watch/look-at-forge.ts";
import { connectedProjects } from "#service/watch/sweep-forges.ts";
import { operate } from "../operation/operate.ts";
import { noBody, noParameters, operation } from "../operation/operation.ts";
import { limit, onlyProject } from "../operation/parameters.ts";

const oneDelivery = z.object({
  id: described(z.string(), "Id of the delivery, or at least its first four characters."),
});

const listDeliveriesOperation = operation({
  id: "listDeliveries",
  method: "GET",
  path: "/api/slipway/deliveries",
  summary: "What forges delivered, and what somebody has to do so that they deliver again",
  caller: "access_token",
  parameters: z.object({ project: onlyProject, limit }),
  body: noBody,
  answers: [{ status: 200, what: "Deliveries and hints.", json: "Deliveries" }],
  errors: [],
});

const readDelivery = operation({
  id: "readDelivery",
  method: "GET",
  path: "/api/slipway/deliveries/:id",
  summary: "A delivery with the pipelines and statuses that followed from it",
  caller: "access_token",
  parameters: oneDelivery,
  body: noBody,
  answers: [{ status: 200, what: "The delivery.", json: "DeliveryTrace" }],
  errors: ["unknown_delivery"],
});

const redeliverOperation = operation({
  id: "redeliver",
  method: "POST",
  path: "/api/slipway/deliveries/:id/redeliver",
  summary: "Handle a stored delivery again; what has its pipeline keeps it",
  caller: "access_token",
  parameters: oneDelivery,
  body: noBody,
  answers: [{ status: 200, what: "The delivery after that.", json: "DeliveryTrace" }],
  errors: ["unknown_delivery", "forge_unavailable"],
});

const listConnected = operation({
  id: "listConnected",
  method: "GET",
  path: "/api/slipway/connected",
  summary: "The projects at forges other than the built-in git host",
  caller: "access_token",
  parameters: noParameters,
  body: noBody,
  answers: [{ status: 200, what: "Their names.", json: "ConnectedProjectList" }],
  errors: [],
});

const sync = operation({
  id: "sync",
  method: "POST",
  path: "/api/slipway/sync",
  summary: "Compare a project's branches and tags with those last built, and build what was missed",
  caller: "access_token",
  parameters: noParameters,
  body: z.object({
    project: described(
      z.string({ error: "is missing: name the project, {project}" }),
      "Path of the project.",
    ),
    forge: z.exactOptional(
      described(z.string({ error: "must be text" }), "Only the project of this forge."),
    ),
  }),
  answers: [{ status: 200, what: "What was found.", json: "ForgeLook" }],
  errors: ["unknown_project"],
});

export const deliveryOperations = [
  listDeliveriesOperation,
  readDelivery,
  redeliverOperation,
  listConnected,
  sync,
];

/** What forges delivered and what came of it; behind the access token that all of the API asks for. */
export function deliveryRoutes(service: ServiceDeps): Hono {
  const app = new Hono();

  operate(app, listDeliveriesOperation, async ({ parameters: filter }) => {
    const [deliveries, hints] = await Promise.all([
      listDeliveries(service, filter),
      webhookHints(service, filter.project),
    ]);
    return { body: { deliveries, hints } };
  });

  operate(app, readDelivery, async ({ parameters: { id } }) => {
    const delivery = await findDelivery(service, id);
    return delivery === undefined ? unknown : { body: await traceDelivery(service, delivery) };
  });

  operate(app, redeliverOperation, async ({ parameters }) => {
    const delivery = await findDelivery(service, parameters.id);
    if (delivery === undefined) return unknown;
    // Makes pipelines, for which it brings the compiler along.
    const { redeliver } = await import("#service/delivery/redeliver.ts");
    await redeliver(service, delivery);
    const handled = await service.store.deliveries.get(delivery, delivery.id);
    return { body: await traceDelivery(service, handled ?? delivery) };
  });

  operate(app, listConnected, async () => ({
    body: (await connectedProjects(service)).map(connectedProjectView),
  }));

  operate(app, sync, async ({ body }) => {
    const key = await findProject(service, body.project, body.forge);
    return key === undefined
      ? { refused: "unknown_project", message: `No project ${body.project} is connected.` }
      : { body: forgeLookView(await lookAtForge(service, key, { patience: false })) };
  });

  return app;
}

const unknown = {
  refused: "unknown_delivery",
  message:
    "There is no such delivery among the newest thousand, or several begin so: give its id, or at least four characters that no other begins with.",
} as const;

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
