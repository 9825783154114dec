import * as z from "zod/mini";
import { described, forgeName, listOf, optional, projectPath } from "./parts.ts";

const missedRefSchema = z.strictObject({
  ref: described(z.string(), "Full name, such as `refs/heads/main`."),
  before: optional(described(z.string(), "Commit where it was; absent: it was not there.")),
  sha: optional(described(z.string(), "Commit where it is; absent: it is gone.")),
});

/** What a comparison of a project with its forge found. */
export const forgeLookSchema = z.strictObject({
  project: projectPath,
  forge: forgeName,
  first: described(z.boolean(), "The first look: refs were noted, and nothing is built of them."),
  found: described(listOf(missedRefSchema), "What was missed and is handled now."),
  waiting: described(
    listOf(missedRefSchema),
    "What the forge may still tell by itself, or what is left to the next look.",
  ),
  delivery: optional(described(z.string(), "Id of the delivery that holds what was found.")),
  resent: described(listOf(z.string()), "Deliveries that the forge was asked to send again."),
  hint: optional(described(z.string(), "What a person has to do about the webhook.")),
  problem: optional(described(z.string(), "Why the forge could not be asked.")),
});
