import * as z from "zod/mini";
import { statuses } from "#pipeline/status.ts";
import { described, forgeName, projectPath, sha, time } from "./parts.ts";

/** A pipeline as lists have it. */
export const pipelineSummarySchema = z.strictObject({
  id: z.int(),
  iid: described(z.int(), "Its number in the project."),
  forge: forgeName,
  project: projectPath,
  ref: described(z.string(), "Name of the branch or tag."),
  sha,
  status: z.enum(statuses),
  created_at: time,
});
