import * as z from "zod/mini";
import { statuses } from "#pipeline/status.ts";
import { described, forgeName, listOf, optional, projectPath, sha, time, url } from "./parts.ts";

const eventSchema = z.strictObject({
  kind: z.enum(["push", "tag", "branch_delete", "tag_delete", "merge_request", "rerun", "ignored"]),
  ref: optional(described(z.string(), "Full name, such as `refs/heads/main`.")),
  sha: optional(sha),
  found: optional(described(z.literal(true), "Nobody told of it: the sweep found it.")),
  outcome: optional(described(z.string(), "What came of it, for people.")),
  pipeline: optional(described(z.int(), "Id of the pipeline that was made of it.")),
});

/** A delivery as people and programs see it. */
export const deliverySchema = z.strictObject({
  id: z.string(),
  forge: forgeName,
  project: projectPath,
  state: z.enum(["received", "queued", "done"]),
  received_at: time,
  queued_at: optional(time),
  done_at: optional(time),
  events: listOf(eventSchema),
});

const statusSchema = z.strictObject({
  context: described(z.string(), "Name of the status, such as `slipway`."),
  state: z.string(),
  description: z.string(),
  posted_at: time,
});

/** A delivery with everything that followed from it. */
export const deliveryTraceSchema = z.extend(deliverySchema, {
  pipelines: listOf(
    z.strictObject({
      id: z.int(),
      status: z.enum(statuses),
      url,
      created_at: time,
      finished_at: optional(time),
      statuses: described(listOf(statusSchema), "What the commit at the forge was told."),
    }),
  ),
});

export const deliveriesSchema = z.strictObject({
  deliveries: described(listOf(deliverySchema), "Newest first."),
  hints: described(
    listOf(z.strictObject({ forge: forgeName, project: projectPath, hint: z.string() })),
    "What somebody has to do so that forges deliver again.",
  ),
});
