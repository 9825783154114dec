import { type ProjectKey, projectText } from "#pipeline/project-key.ts";
import type { Host, Installation, Ports, ServiceDeps } from "../deps.ts";
import { readForgeNotes } from "./forge-notes.ts";
import { lookAtForge } from "./look-at-forge.ts";

const minuteMilliseconds = 60_000;
/** Each project is looked at once in so many minutes, each in a minute of its own. */
const everyMinutes = 10;
/** So many minutes later once more, where something may have been lost. */
const againMinutes = 2;
/** What is not reached in this time waits for its next turn. */
const budgetMilliseconds = 40_000;

/**
 * Looks at the forges of the connected projects whose turn this minute is: call it every minute. Forges are
 * looked at side by side, and one that is away costs its own projects their turn and nobody anything else. Begins
 * with no project after `until` (epoch milliseconds).
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

/** Projects at forges that somebody connected: the built-in git host tells of its pushes itself. */
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
  // A new project is looked at soon, so that little comes before the first look.
  return notes === undefined || Object.keys(notes.suspects).length > 0;
}
