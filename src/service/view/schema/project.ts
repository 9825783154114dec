import * as z from "zod/mini";
import { forgeName, projectPath, time } from "./parts.ts";

export const projectSchema = z.strictObject({
  id: z.int(),
  forge: forgeName,
  path: projectPath,
  created_at: time,
});

export const connectedProjectSchema = z.strictObject({ forge: forgeName, project: projectPath });
