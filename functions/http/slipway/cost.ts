import { Hono } from "hono";
import * as z from "zod/mini";
import { type CostDeps, costOfPipeline, costSince } from "#service/view/cost.ts";
import { described } from "#service/view/schema/parts.ts";
import { operate } from "../operation/operate.ts";
import { noBody, operation } from "../operation/operation.ts";
import { idOf, onlyProject } from "../operation/parameters.ts";

const usualMilliseconds = 7 * 24 * 3600 * 1000;

const readCost = operation({
  id: "readCost",
  method: "GET",
  path: "/api/slipway/cost",
  summary: "What pipelines took of build machines, and what each executor would take",
  caller: "access_token",
  parameters: z.object({
    pipeline: z.exactOptional(described(idOf("pipeline"), "Only this pipeline, whenever it was.")),
    project: onlyProject,
    since: z.exactOptional(
      described(
        z.string().check(
          z.refine((text) => !Number.isNaN(Date.parse(text)), {
            error: "must be a time as ISO 8601 has it",
          }),
        ),
        "Pipelines made at this time (ISO 8601) or later; a week ago when left out.",
      ),
    ),
  }),
  body: noBody,
  answers: [{ status: 200, what: "The report.", json: "CostReport" }],
  errors: ["unknown_pipeline"],
});

export const costOperations = [readCost];

/** What pipelines took of build machines, for those whom `apiRoutes` let in. */
export function costRoutes(service: CostDeps): Hono {
  const app = new Hono();

  operate(app, readCost, async ({ parameters: { pipeline, project, since } }) => {
    if (pipeline !== undefined) {
      const cost = await costOfPipeline(service, pipeline);
      return cost === undefined
        ? { refused: "unknown_pipeline", message: "There is no such pipeline." }
        : { body: cost };
    }
    const from = since === undefined ? service.now() - usualMilliseconds : Date.parse(since);
    const cost = await costSince(service, {
      ...(project === undefined ? {} : { project }),
      since: new Date(from).toISOString(),
    });
    return { body: cost };
  });

  return app;
}
