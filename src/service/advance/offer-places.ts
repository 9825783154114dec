import { findEnvironment } from "#pipeline/availability.ts";
import { fairOrder } from "#pipeline/fair-order.ts";
import { isWaiting } from "#pipeline/waiting.ts";
import type { Place } from "#store/place-store.ts";
import { type Host, isoNow, type Ports, type ServiceDeps } from "../deps.ts";
import { shutLine } from "../environment/line.ts";
import { advancePipeline } from "./advance-pipeline.ts";

/** How many entries of each project are read at a time. */
const ofEachProject = 20;
/** Time limit of one run, well below the time after which its message is delivered again. */
const longestMilliseconds = 15_000;

/**
 * Starts waiting environments in fair order until the provider has no more capacity. A refused size is skipped for the
 * rest of the run, so a run causes at most one refused start per size. When nothing waits any more, new environments
 * start directly again.
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

/** Places by project. The list may not include what this run has just given. */
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

/** "absent" means that the environment does not wait in the queue (any more). */
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
