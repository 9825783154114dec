import * as z from "zod/mini";
import { statuses } from "#pipeline/status.ts";
import { described, listOf, optional, time, url } from "./parts.ts";

const artifactSchema = z.strictObject({
  type: described(z.string(), "`archive`, or a report such as `dotenv` or `junit`."),
  filename: z.string(),
  size: described(z.int(), "Bytes."),
  expire_at: optional(time),
  url,
});

/** A job as people and programs see it: no hashes, no plan. */
export const jobSchema = z.strictObject({
  id: z.int(),
  name: z.string(),
  stage: z.string(),
  status: z.enum(statuses),
  when: z.string(),
  allow_failure: z.boolean(),
  retried: described(z.boolean(), "A newer attempt took its place."),
  failure_reason: optional(z.string()),
  failure_message: optional(
    described(z.string(), "What there is to say beyond the reason, for people."),
  ),
  exit_code: optional(z.int()),
  coverage: optional(described(z.number(), "Percentage that its log told.")),
  queued_at: optional(time),
  started_at: optional(time),
  finished_at: optional(time),
  environment: optional(described(z.string(), "Id of the environment that runs it.")),
  provisioning_seconds: optional(
    described(
      z.number(),
      "How long it waited for its environment to start; 0: it found one that was running.",
    ),
  ),
  waited_seconds: optional(
    described(z.number(), "How long it stood in line for build capacity before that."),
  ),
  child: optional(
    described(z.strictObject({ id: z.int(), url }), "The child pipeline that a trigger job made."),
  ),
  artifacts: optional(described(listOf(artifactSchema), "Files that can be downloaded.")),
  url,
});
