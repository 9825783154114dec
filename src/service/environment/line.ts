import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline, PipelineEnvironment } from "#pipeline/pipeline.ts";
import { isWaiting } from "#pipeline/waiting.ts";
import type { RunnerSize } from "#project/runner-size.ts";
import type { Place } from "#store/place-store.ts";
import { type Host, isoNow, type Ports } from "../deps.ts";

/**
 * After a refused start newcomers of the size stand in line for so long, renewed by every further refusal: if all
 * is lost, the next newcomer tries again.
 */
const shutMilliseconds = 120_000;
const renewMilliseconds = 60_000;
/** One that waits longer is put in line again, should its entry be lost. */
const reliableMilliseconds = 30 * 60_000;

const taken = "all build places are taken";

export function placeOf(
  pipeline: Pipeline,
  environment: PipelineEnvironment,
  { compute }: Pick<RunnerSize, "compute">,
): Place {
  return {
    environmentId: environment.id,
    pipelineId: pipeline.id,
    project: pipeline.project,
    size: compute ?? "default",
  };
}

/** Whether others of this size stand in line already. */
export async function mustStandInLine(
  deps: Pick<Ports, "store"> & Pick<Host, "now">,
  { size }: Place,
): Promise<boolean> {
  return (await deps.store.places.readLine(isoNow(deps))).shut.has(size);
}

/** The entry comes before the event: what says that it waits can be found by those who give places away. */
export async function standInLine(
  deps: Pick<Ports, "store"> & Pick<Host, "now">,
  place: Place,
  environment: PipelineEnvironment,
  reason = taken,
): Promise<PipelineEvent> {
  const since = Date.parse(environment.waitsSince ?? isoNow(deps));
  if (!isWaiting(environment) || deps.now() - since > reliableMilliseconds) {
    await deps.store.places.wait(place);
  }
  return { type: "environment_waits", environmentId: place.environmentId, reason };
}

/** Lets newcomers of a size that was refused stand in line. */
export async function shutLine(
  deps: Pick<Ports, "store"> & Pick<Host, "now">,
  size: string,
): Promise<void> {
  const { shut } = await deps.store.places.readLine(isoNow(deps));
  const until = shut.get(size);
  if (until !== undefined && Date.parse(until) - deps.now() > renewMilliseconds) return;
  await deps.store.places.shut(size, new Date(deps.now() + shutMilliseconds).toISOString());
}

/** StopBuild and its like return before the machine is gone. */
const stopSeconds = 20;

/** Its place goes to whoever is next. */
export async function freePlace(
  deps: Pick<Ports, "store" | "queue"> & Pick<Host, "now">,
  freed: { readonly environmentId: string; readonly waited: boolean; readonly stopped: boolean },
): Promise<void> {
  if (freed.waited) await deps.store.places.leave(freed.environmentId);
  const { shut } = await deps.store.places.readLine(isoNow(deps));
  if (shut.size === 0) return;
  await deps.queue.send({ type: "places" });
  if (freed.stopped) await deps.queue.send({ type: "places" }, { delaySeconds: stopSeconds });
}
