import type * as z from "zod/mini";
import type { StoredProject } from "#store/project-store.ts";
import type { connectedProjectSchema, projectSchema } from "./schema/project.ts";

export type ProjectView = z.output<typeof projectSchema>;

export function projectView({ id, forge, project, createdAt }: StoredProject): ProjectView {
  return { id, forge, path: project, created_at: createdAt };
}

export type ConnectedProjectView = z.output<typeof connectedProjectSchema>;

export function connectedProjectView(key: ConnectedProjectView): ConnectedProjectView {
  return { forge: key.forge, project: key.project };
}
