import * as z from "zod/mini";

export const healthSchema = z.strictObject({
  status: z.literal("up"),
  url: z.string().check(z.describe("Where forges and browsers reach the service.")),
  version: z.string(),
});
