import type { ForgeClient } from "#forge/forge.ts";
import type { UserFacts } from "#language/facts.ts";
import type { ProjectKey } from "#pipeline/project-key.ts";
import type { ForgeProject, TriggerEvent } from "#pipeline/trigger-event.ts";
import { boundEvents } from "../delivery/bound-events.ts";
import { type Host, isoNow, type Ports } from "../deps.ts";
import type { MissedRef } from "./missed-refs.ts";

const zeros = "0".repeat(40);

/** A larger delivery would delay all others. The next look finds the remaining refs. */
const mostAtOnce = 50;

const user: UserFacts = { id: 0, login: "slipway", name: "Slipway", email: "" };

export type Delivered = {
  readonly delivery: string;
  /** The refs that the delivery contains. The others are left for the next look. */
  readonly refs: readonly MissedRef[];
};

/** Stores missed refs as a normal delivery and queues the delivery. */
export async function deliverMissed(
  deps: Pick<Ports, "store" | "queue"> & Pick<Host, "now" | "hash">,
  key: ProjectKey,
  client: ForgeClient,
  missed: readonly MissedRef[],
): Promise<Delivered | undefined> {
  if (missed.length === 0) return undefined;
  const project = await client.readProject();
  if (project === undefined) return undefined;
  const all = missed.slice(0, mostAtOnce).map((ref) => eventOf(project, ref));
  const { events } = boundEvents(all);
  if (events.length === 0) return undefined;
  const receivedAt = isoNow(deps);
  const told = JSON.stringify(events);
  const id = `found-${deps.hash(`${receivedAt}\n${told}`).slice(0, 32)}`;
  const delivery = await deps.store.deliveries.put({
    ...key,
    id,
    receivedAt,
    state: "received",
    events,
  });
  await deps.queue.send({ type: "delivery", ...key, deliveryId: id });
  await deps.store.deliveries.mark(delivery, "queued");
  return { delivery: id, refs: missed.slice(0, events.length) };
}

function eventOf(facts: ForgeProject, { ref, before, sha }: MissedRef): TriggerEvent {
  const { id, path, url, defaultBranch, visibility } = facts;
  const isTag = ref.startsWith("refs/tags/");
  const common = {
    project: { id, path, url, defaultBranch, visibility },
    ref,
    before: before ?? zeros,
    user,
    found: true,
  } as const;
  return sha === undefined
    ? { kind: isTag ? "tag_delete" : "branch_delete", ...common }
    : { kind: isTag ? "tag" : "push", ...common, sha, pushOptions: [] };
}
