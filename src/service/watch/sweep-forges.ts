import { type ProjectKey, projectText } from "#pipeline/project-key.ts";
import type { Host, Installation, Ports, ServiceDeps } from "../deps.ts";
import { readForgeNotes } from "./forge-notes.ts";
import { lookAtForge } from "./look-at-forge.ts";

const minuteMilliseconds = 60_000;
/** Each project is checked once in this many minutes, at a minute that depends on its name. */
const everyMinutes = 10;
/** Projects with suspect refs are checked again this many minutes later. */
const againMinutes = 2;
/** Projects that are not reached within this time wait for the next round. */
const budgetMilliseconds = 40_000;

/**
 * Checks the connected projects that are due in this minute. Call this function every minute. Forges are checked side
 * by side, so a forge that is unavailable delays only its own projects. Begins no project after `until` (epoch
 * milliseconds).
 */
export async function sweepForges(
  deps: ServiceDeps,
  options: { readonly until?: number } = {},
): Promise<void> {
  const minute = Math.floor(deps.now() / minuteMilliseconds);
  const byForge = new Map<string, ProjectKey[]>();
  for (const key of await connectedProjects(deps)) {
    const turn = await turnOf(deps, key, minute);
    if (turn) byForge.set(key.forge, [...(byForge.get(key.forge) ?? []), key]);
  }
  const until = Math.min(options.until ?? Infinity, deps.now() + budgetMilliseconds);
  await Promise.all(
    [...byForge.values()].map(async (keys) => {
      for (const key of keys) {
        if (deps.now() > until) break;
        const look = await lookAtForge(deps, key, { patience: true });
        if (look.problem !== undefined) break;
      }
    }),
  );
}

/** Projects at connected forges. The built-in git host reports its pushes itself. */
export async function connectedProjects(
  deps: Pick<Ports, "store"> & Pick<Installation, "connected">,
): Promise<readonly ProjectKey[]> {
  if (deps.connected !== undefined) return deps.connected();
  const stored = await deps.store.projects.list();
  return stored
    .filter(({ forge }) => forge !== "local")
    .map(({ forge, project }) => ({ forge, project }));
}

async function turnOf(
  deps: Pick<Ports, "blobs"> & Pick<Host, "hash">,
  key: ProjectKey,
  minute: number,
): Promise<boolean> {
  const place = Number.parseInt(deps.hash(projectText(key)).slice(0, 8), 16);
  const step = (minute + place) % everyMinutes;
  if (step === 0) return true;
  if (step !== againMinutes) return false;
  const notes = await readForgeNotes(deps, key);
  // A new project is checked soon, so that few pushes come before the first look.
  return notes === undefined || Object.keys(notes.suspects).length > 0;
}
