import * as z from "zod/mini";
import { statuses } from "#pipeline/status.ts";
import { described, listOf, optional, sha, time } from "./parts.ts";

const deploymentSchema = z.strictObject({
  job: z.int(),
  job_name: z.string(),
  pipeline: z.int(),
  action: z.enum(["start", "stop"]),
  status: z.enum(statuses),
  ref: z.string(),
  sha,
  by: described(z.string(), "Who started the job."),
  url: optional(described(z.string(), "Where the deployed thing is.")),
  started_at: time,
  finished_at: optional(time),
});

/** A deployment environment (`environment:`) of a project; names as in GitLab's Environments API. */
export const deploymentEnvironmentSchema = z.strictObject({
  name: z.string(),
  slug: z.string(),
  tier: z.string(),
  state: z.enum(["available", "stopped"]),
  external_url: optional(z.string()),
  last_deployment: optional(described(deploymentSchema, "The newest that succeeded.")),
  deployments: described(listOf(deploymentSchema), "All that are kept, newest first."),
});
