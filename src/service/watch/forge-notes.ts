import * as z from "zod/mini";
import { type ProjectKey, plainPath } from "#pipeline/project-key.ts";
import type { Host, Ports } from "../deps.ts";

const notes = z.object({
  /** When the project's forge was first looked at. */
  since: z.string(),
  lookedAt: z.string(),
  /** Refs that need no further handling. */
  refs: z.record(z.string(), z.string()),
  /** Refs whose webhook may still arrive, with the sha that was found (empty if the ref is gone) and the time. */
  suspects: z.record(z.string(), z.object({ sha: z.string(), at: z.string() })),
  /** How often the forge was asked to send a failed delivery again. */
  resends: z.record(z.string(), z.number()),
  /** What is wrong with the webhook. */
  hook: z.optional(z.object({ state: z.string(), hint: z.string() })),
  /** Why the last request to the forge failed. */
  problem: z.optional(z.string()),
});

/** The sweep's notes about one project at a forge. Without them the project is treated as new. */
export type ForgeNotes = z.infer<typeof notes>;

export async function readForgeNotes(
  deps: Pick<Ports, "blobs"> & Pick<Host, "hash">,
  key: ProjectKey,
): Promise<ForgeNotes | undefined> {
  const bytes = await deps.blobs.get(notesKey(deps, key));
  if (bytes === undefined) return undefined;
  const parsed = notes.safeParse(parseJson(bytes));
  return parsed.success ? parsed.data : undefined;
}

export async function writeForgeNotes(
  deps: Pick<Ports, "blobs"> & Pick<Host, "hash">,
  key: ProjectKey,
  value: ForgeNotes,
): Promise<void> {
  await deps.blobs.put(notesKey(deps, key), new TextEncoder().encode(JSON.stringify(value)));
}

function notesKey({ hash }: Pick<Host, "hash">, { forge, project }: ProjectKey): string {
  return `forges/${forge}/${hash(plainPath(project))}.json`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
