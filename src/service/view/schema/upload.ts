import * as z from "zod/mini";
import { described, optional } from "./parts.ts";

/** Where to a file may go without passing through the service. */
export const uploadSchema = z.strictObject({
  upload: optional(
    described(
      z.strictObject({
        method: z.literal("PUT"),
        url: z.string(),
        headers: described(
          z.readonly(z.record(z.string(), z.string())),
          "Send exactly these, by name.",
        ),
      }),
      "A request to make as it is, for minutes; absent: send the file to the service itself.",
    ),
  ),
});
