import * as z from "zod/mini";
import { statuses } from "#pipeline/status.ts";
import { jobSchema } from "./job.ts";
import { described, listOf, optional, projectPath, sha, time, url } from "./parts.ts";

const environmentSchema = z.strictObject({
  id: z.string(),
  state: z.enum(["wanted", "starting", "running", "stopping", "ended"]),
  handle: optional(
    described(z.string(), "Its name where it runs: a container, a CodeBuild build."),
  ),
  waits_for: optional(described(z.string(), "What keeps it from starting, for people.")),
  problem: optional(z.string()),
});

export const pipelineSchema = z.strictObject({
  id: z.int(),
  iid: described(z.int(), "Its number in the project."),
  project: projectPath,
  ref: described(z.string(), "Name of the branch or tag."),
  sha,
  source: described(z.string(), "What it was made for, as `CI_PIPELINE_SOURCE`."),
  status: z.enum(statuses),
  title: z.string(),
  created_at: time,
  started_at: optional(time),
  finished_at: optional(time),
  coverage: optional(described(z.number(), "Average of its jobs' percentages.")),
  url,
  parent: optional(
    described(
      z.strictObject({ id: z.int(), job: z.int(), url }),
      "The pipeline whose child it is, and the trigger job there.",
    ),
  ),
  stages: listOf(
    z.strictObject({ name: z.string(), status: z.enum(statuses), jobs: listOf(jobSchema) }),
  ),
  retried: described(listOf(jobSchema), "Attempts that a retry replaced."),
  problems: described(listOf(z.string()), "Errors and warnings of its configuration."),
  environments: described(listOf(environmentSchema), "The machines that run its jobs."),
});
