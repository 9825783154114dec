import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline, PipelineEnvironment } from "#pipeline/pipeline.ts";
import { isWaiting } from "#pipeline/waiting.ts";
import type { RunnerSize } from "#project/runner-size.ts";
import type { Place } from "#store/place-store.ts";
import { type Host, isoNow, type Ports } from "../deps.ts";

/**
 * After a refused start, new environments of that size wait in the queue for this long. Each further refusal renews the
 * time. After it, the next new environment tries to start directly.
 */
const shutMilliseconds = 120_000;
const renewMilliseconds = 60_000;
/** An environment that waits longer is put into the queue again, in case its entry was lost. */
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

/** Whether other environments of this size already wait in the queue. */
export async function mustStandInLine(
  deps: Pick<Ports, "store"> & Pick<Host, "now">,
  { size }: Place,
): Promise<boolean> {
  return (await deps.store.places.readLine(isoNow(deps))).shut.has(size);
}

/** The entry is stored before the event, so that every waiting environment is found when places are given out. */
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

/** Makes new environments of a refused size wait in the queue. */
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

/** Gives the environment's place to the next in the queue. */
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
