import * as z from "zod/mini";
import { described, projectPath, sha, time, url } from "./parts.ts";

export const approvalSchema = z.strictObject({
  pipeline_id: described(z.int(), "Id that the pipeline gets once it is approved."),
  project: projectPath,
  merge_request: described(z.int(), "Number of the merge request in its project."),
  title: z.string(),
  source_project: described(z.string(), "Path of the fork."),
  sha,
  asked_at: time,
});

const head = {
  pipeline_id: z.int(),
  approved_by: described(z.string(), "Who approved first."),
};

export const approvedSchema = z.discriminatedUnion("result", [
  z.strictObject({ ...head, result: z.literal("created"), status: z.string(), url }),
  z.strictObject({
    ...head,
    result: z.literal("nothing"),
    why: described(z.string(), "Why no pipeline was made, for people."),
  }),
]);
