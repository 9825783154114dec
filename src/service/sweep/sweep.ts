import type { Message } from "#queue/queue.ts";
import type { Host, Ports } from "../deps.ts";
import { eachUntil } from "../each-until.ts";

/** A delivery younger than this may still be in the queue. */
const youngMilliseconds = 30_000;
/** The pipelines that wait longest are checked, so that none waits for ever after a lost write. */
const inLineLooked = 5;

/**
 * Checks everything unfinished, so that a lost message, event or process has no lasting effect: queues unfinished
 * deliveries and looks at every open pipeline. Items that are not queued by `until` (epoch milliseconds) are left to the
 * next run.
 */
export async function sweep(
  deps: Pick<Ports, "store" | "queue"> & Pick<Host, "now" | "log">,
  options: { readonly includeYoung?: boolean; readonly until?: number } = {},
): Promise<void> {
  const { pipelines } = deps.store;
  const [waiting, open, deliveries] = await Promise.all([
    pipelines.listInLine(inLineLooked),
    pipelines.listOpen(),
    lostDeliveries(deps, options.includeYoung === true),
  ]);
  const messages: readonly Message[] = [
    { type: "places" },
    ...deliveries,
    ...[...new Set([...waiting, ...open])].map(
      (pipelineId) => ({ type: "pipeline", pipelineId }) as const,
    ),
  ];
  const left = await eachUntil(messages, { ...options, now: deps.now }, (message) =>
    deps.queue.send(message),
  );
  if (left > 0)
    deps.log("warn", "a part of what is unfinished is left to the next sweep", { left });
}

async function lostDeliveries(
  { store, now }: Pick<Ports, "store"> & Pick<Host, "now">,
  includeYoung: boolean,
): Promise<readonly Message[]> {
  const unfinished = await store.deliveries.listUnfinished();
  return unfinished
    .filter(({ receivedAt }) => includeYoung || now() - Date.parse(receivedAt) >= youngMilliseconds)
    .map(({ forge, project, id }) => ({ type: "delivery", forge, project, deliveryId: id }));
}
