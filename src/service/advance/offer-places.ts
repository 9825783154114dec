import { findEnvironment } from "#pipeline/availability.ts";
import { fairOrder } from "#pipeline/fair-order.ts";
import { isWaiting } from "#pipeline/waiting.ts";
import type { Place } from "#store/place-store.ts";
import { type Host, isoNow, type Ports, type ServiceDeps } from "../deps.ts";
import { shutLine } from "../environment/line.ts";
import { advancePipeline } from "./advance-pipeline.ts";

/** Of each project so many are read at a time. */
const ofEachProject = 20;
/** One run ends well before its message would come again. */
const longestMilliseconds = 15_000;

/**
 * Starts those that stand in line, in fair order, until the provider has no room for more: a size that is refused
 * is left alone for the rest of the run, so that a run costs one refused start for each size at most. Where
 * nobody is left in line, newcomers start at once again.
 */
export async function offerPlaces(deps: ServiceDeps): Promise<void> {
  const until = deps.now() + longestMilliseconds;
  const given = new Map<string, Place>();
  const full = new Set<string>();
  for (;;) {
    const inLine = (await deps.store.places.listWaiting(ofEachProject)).filter(
      ({ environmentId, size }) => !given.has(environmentId) && !full.has(size),
    );
    if (inLine.length === 0) return openWhereEmpty(deps, full);
    const before = given.size;
    const real = new Set<string>();
    const { lastServed } = await deps.store.places.readLine(isoNow(deps));
    const held = await heldPlaces(deps, given);
    for (const place of fairOrder(inLine, { held, ...(lastServed && { lastServed }) })) {
      if (full.has(place.size)) continue;
      const outcome = await offer(deps, place);
      if (outcome !== "absent") real.add(place.size);
      if (outcome === "full") {
        full.add(place.size);
        await shutLine(deps, place.size);
      }
      if (outcome === "given") given.set(place.environmentId, place);
      if (deps.now() > until) break;
    }
    const last = [...given.values()].at(-1);
    if (given.size > before && last !== undefined) await deps.store.places.noteServed(last.project);
    if (deps.now() > until) return deps.queue.send({ type: "places" });
    await openWhereEmpty(deps, new Set([...full, ...real]));
    if (given.size === before) return;
  }
}

/** By project. The list may lag behind what this run gave. */
async function heldPlaces(
  deps: Pick<Ports, "store">,
  given: ReadonlyMap<string, Place>,
): Promise<ReadonlyMap<string, number>> {
  const all = new Map(given);
  for (const place of await deps.store.places.listHeld()) all.set(place.environmentId, place);
  const held = new Map<string, number>();
  for (const { project } of all.values()) held.set(project, (held.get(project) ?? 0) + 1);
  return held;
}

/** "absent": it is not in line (any more). */
async function offer(deps: ServiceDeps, place: Place): Promise<"given" | "full" | "absent"> {
  const { environmentId, pipelineId } = place;
  const pipeline = await advancePipeline(deps, pipelineId, [
    { type: "place_offered", environmentId },
  ]);
  const environment = pipeline && findEnvironment(pipeline, environmentId);
  if (environment === undefined) {
    await deps.store.places.leave(environmentId);
    return "absent";
  }
  switch (environment.state) {
    case "wanted":
      return isWaiting(environment) ? "full" : "absent";
    case "starting":
    case "running":
      await deps.store.places.hold(environmentId);
      return "given";
    case "stopping":
    case "ended":
      await deps.store.places.leave(environmentId);
      return "absent";
  }
}

async function openWhereEmpty(
  deps: Pick<Ports, "store"> & Pick<Host, "now">,
  inLine: ReadonlySet<string>,
): Promise<void> {
  const { shut } = await deps.store.places.readLine(isoNow(deps));
  for (const size of shut.keys()) {
    if (!inLine.has(size)) await deps.store.places.open(size);
  }
}
