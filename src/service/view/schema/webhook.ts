import * as z from "zod/mini";
import { described, optional } from "./parts.ts";

/** What a forge is answered for an authentic webhook. */
export const webhookSchema = z.discriminatedUnion("result", [
  z.strictObject({
    result: z.literal("queued"),
    delivery: z.string(),
    events: z.int(),
    left_to_sweep: optional(
      described(z.int(), "Refs beyond those that one delivery takes: the sweep finds them."),
    ),
  }),
  z.strictObject({ result: z.literal("duplicate"), delivery: z.string() }),
  z.strictObject({
    result: z.literal("ignored"),
    why: described(z.string(), "Why it asks for nothing, for people."),
  }),
  z.strictObject({
    result: z.literal("refused"),
    why: described(z.string(), "Why nothing can be made of it, for people."),
  }),
]);
