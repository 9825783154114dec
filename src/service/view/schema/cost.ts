import * as z from "zod/mini";
import { computeSizes, executors } from "#pipeline/pipeline.ts";
import { statuses } from "#pipeline/status.ts";
import { described, listOf, optional, projectPath, time } from "./parts.ts";

const buildCost = {
  environments: z.int(),
  minutes: z.number(),
  dollars: optional(described(z.number(), "Absent where a size has no price.")),
};

/** What build machines took, and what they cost. */
export const buildCostSchema = z.strictObject(buildCost);

const asIf = described(
  listOf(z.strictObject({ ...buildCost, executor: z.enum(executors) })),
  "What the same jobs would take with each executor.",
);

export const pipelineCostSchema = z.strictObject({
  id: z.int(),
  project: projectPath,
  ref: z.string(),
  status: z.enum(statuses),
  created_at: time,
  executor: z.enum(executors),
  compute: z.enum(computeSizes),
  jobs: z.number(),
  waited_seconds: z.number(),
  provisioning_seconds: z.number(),
  ...buildCost,
  as_if: asIf,
});

export const costReportSchema = z.strictObject({
  region: z.string(),
  prices_as_of: z.string(),
  billed: described(
    z.boolean(),
    "Whether the machines are hired: where they are not, nothing is paid and figures say what AWS would charge.",
  ),
  assumed: described(
    z.strictObject({ provisioning_seconds: z.number(), leaving_seconds: z.number() }),
    "What was assumed for starting and leaving in `as_if`.",
  ),
  pipelines: described(listOf(pipelineCostSchema), "Newest first."),
  total: z.strictObject({
    pipelines: z.int(),
    jobs: z.number(),
    by_compute: listOf(z.strictObject({ ...buildCost, compute: z.enum(computeSizes) })),
    as_if: asIf,
  }),
  webhooks_per_million: described(
    z.strictObject({
      terms: listOf(z.strictObject({ what: z.string(), units: z.number(), dollars: z.number() })),
      dollars: z.number(),
    }),
    "Of the service itself, from a forge's request to the queued delivery.",
  ),
  cut: optional(
    described(
      z.literal(true),
      "There are more pipelines than one report takes: older ones are not in it.",
    ),
  ),
});
