import { Hono } from "hono";
import * as z from "zod/mini";
import { controlPipeline } from "#service/advance/control.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { pipelineSummaryView } from "#service/view/pipeline-summary-view.ts";
import { pipelineView } from "#service/view/pipeline-view.ts";
import { operate } from "../operation/operate.ts";
import { noBody, operation } from "../operation/operation.ts";
import { idOf, limit, onlyProject } from "../operation/parameters.ts";
import { controlled } from "./controlled.ts";

const parameters = z.object({ id: idOf("pipeline") });

const listPipelines = operation({
  id: "listPipelines",
  method: "GET",
  path: "/api/slipway/pipelines",
  summary: "Pipelines, newest first",
  caller: "access_token",
  parameters: z.object({ project: onlyProject, limit }),
  body: noBody,
  answers: [{ status: 200, what: "The pipelines.", json: "PipelineList" }],
  errors: [],
});

const readPipeline = operation({
  id: "readPipeline",
  method: "GET",
  path: "/api/slipway/pipelines/:id{[0-9]+}",
  summary: "A pipeline with its stages and jobs",
  caller: "access_token",
  parameters,
  body: noBody,
  answers: [{ status: 200, what: "The pipeline.", json: "Pipeline" }],
  errors: ["unknown_pipeline"],
});

const cancelPipeline = operation({
  id: "cancelPipeline",
  method: "POST",
  path: "/api/slipway/pipelines/:id{[0-9]+}/cancel",
  summary: "Cancel all jobs of a pipeline that are not over; those that wait for a person stay",
  caller: "access_token",
  parameters,
  body: noBody,
  answers: [{ status: 200, what: "The pipeline after that.", json: "Pipeline" }],
  errors: ["unknown_pipeline", "status_conflict", "too_large"],
});

const retryPipeline = operation({
  id: "retryPipeline",
  method: "POST",
  path: "/api/slipway/pipelines/:id{[0-9]+}/retry",
  summary: "Run all failed and canceled jobs of a pipeline again",
  caller: "access_token",
  parameters,
  body: noBody,
  answers: [{ status: 200, what: "The pipeline after that.", json: "Pipeline" }],
  errors: ["unknown_pipeline", "status_conflict", "too_large"],
});

export const pipelineOperations = [listPipelines, readPipeline, cancelPipeline, retryPipeline];

/** Pipelines as people and programs see them, and what both may do with them. */
export function pipelineRoutes(service: ServiceDeps): Hono {
  const app = new Hono();
  const { pipelines } = service.store;

  operate(app, listPipelines, async ({ parameters: filter }) => ({
    body: (await pipelines.list(filter)).map(pipelineSummaryView),
  }));

  operate(app, readPipeline, async ({ parameters: { id } }) => {
    const stored = await pipelines.get(id);
    return stored === undefined
      ? { refused: "unknown_pipeline", message: "There is no such pipeline." }
      : { body: pipelineView(stored.value) };
  });

  operate(app, cancelPipeline, async ({ parameters: { id } }) =>
    controlled(
      await controlPipeline(service, id, { type: "cancel", by: "access token" }),
      "unknown_pipeline",
    ),
  );

  operate(app, retryPipeline, async ({ parameters: { id } }) =>
    controlled(
      await controlPipeline(service, id, { type: "retry", by: "access token" }),
      "unknown_pipeline",
    ),
  );

  return app;
}
