import * as z from "zod/mini";
import { projectPath, sha, time, url } from "./parts.ts";

export const commitStatusSchema = z.strictObject({
  project: projectPath,
  sha,
  ref: z.string(),
  context: z.string().check(z.describe("Name of the status, such as `slipway`.")),
  state: z.enum(["pending", "running", "success", "failed", "canceled", "skipped"]),
  description: z.string(),
  target_url: url,
  updated_at: time,
});
