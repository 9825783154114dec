import type * as z from "zod/mini";
import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { isSamePath } from "#pipeline/project-key.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import type { Delivery } from "#store/delivery-store.ts";
import type { Host, Installation, Ports } from "../deps.ts";
import { pipelineUrl } from "../page-urls.ts";
import { readForgeNotes } from "../watch/forge-notes.ts";
import { connectedProjects } from "../watch/sweep-forges.ts";
import type { deliveriesSchema, deliverySchema, deliveryTraceSchema } from "./schema/delivery.ts";

export type DeliveryView = z.output<typeof deliverySchema>;

export type DeliveryTrace = z.output<typeof deliveryTraceSchema>;

export type DeliveriesView = z.output<typeof deliveriesSchema>;

/** Looked through for a delivery's id, newest first. */
const searched = 1000;

export async function listDeliveries(
  deps: Pick<Ports, "store">,
  filter: { readonly project?: string; readonly limit: number },
): Promise<readonly DeliveryView[]> {
  const { project, limit } = filter;
  const all = await deps.store.deliveries.list(project === undefined ? limit : searched);
  return all
    .filter((each) => project === undefined || isSamePath(each.project, project))
    .slice(0, limit)
    .map(deliveryView);
}

/** Finds a delivery by its id, or by an unambiguous beginning of the id. */
export async function findDelivery(
  deps: Pick<Ports, "store">,
  id: string,
): Promise<Delivery | undefined> {
  const recent = await deps.store.deliveries.list(searched);
  const exact = recent.find((delivery) => delivery.id === id);
  if (exact !== undefined) return exact;
  const similar = id.length < 4 ? [] : recent.filter((delivery) => delivery.id.startsWith(id));
  return similar.length === 1 ? similar[0] : undefined;
}

export async function traceDelivery(
  deps: Pick<Ports, "store">,
  delivery: Delivery,
): Promise<DeliveryTrace> {
  const ids = (delivery.outcomes ?? []).flatMap((outcome) =>
    outcome.result === "created" ? [outcome.pipelineId] : [],
  );
  const stored = await Promise.all([...new Set(ids)].map((id) => deps.store.pipelines.get(id)));
  const pipelines = stored.flatMap((one) => (one === undefined ? [] : [one.value]));
  return { ...deliveryView(delivery), pipelines: pipelines.map(pipelineTrace) };
}

/** What a person has to do so that the forges deliver again. */
export async function webhookHints(
  deps: Pick<Ports, "store" | "blobs"> & Pick<Installation, "connected"> & Pick<Host, "hash">,
  project?: string,
): Promise<DeliveriesView["hints"]> {
  const keys = (await connectedProjects(deps)).filter(
    (key) => project === undefined || isSamePath(key.project, project),
  );
  const found = await Promise.all(
    keys.map(async (key) => {
      const notes = await readForgeNotes(deps, key);
      return [notes?.problem, notes?.hook?.hint].flatMap((hint) =>
        hint === undefined ? [] : [{ forge: key.forge, project: key.project, hint }],
      );
    }),
  );
  return found.flat();
}

function deliveryView(delivery: Delivery): DeliveryView {
  const outcomes = delivery.outcomes ?? [];
  return {
    id: delivery.id,
    forge: delivery.forge,
    project: delivery.project,
    state: delivery.state,
    received_at: delivery.receivedAt,
    ...(delivery.queuedAt && { queued_at: delivery.queuedAt }),
    ...(delivery.doneAt && { done_at: delivery.doneAt }),
    events: delivery.events.map((event, index) => ({
      ...eventView(event),
      ...outcomeView(outcomes[index]),
    })),
  };
}

function eventView(event: TriggerEvent) {
  if (event.kind === "ignored") return { kind: event.kind };
  return {
    kind: event.kind,
    ...("ref" in event && { ref: event.ref }),
    ...("sha" in event && { sha: event.sha }),
    ...("found" in event && event.found === true && { found: event.found }),
  };
}

function outcomeView(outcome: CreateOutcome | undefined) {
  if (outcome === undefined) return {};
  return outcome.result === "created"
    ? { outcome: `pipeline ${outcome.pipelineId}`, pipeline: outcome.pipelineId }
    : { outcome: outcome.why };
}

function pipelineTrace(pipeline: Pipeline): DeliveryTrace["pipelines"][number] {
  return {
    id: pipeline.id,
    status: pipeline.status,
    url: pipelineUrl(pipeline.facts, pipeline.id),
    created_at: pipeline.createdAt,
    ...(pipeline.finishedAt && { finished_at: pipeline.finishedAt }),
    statuses: pipeline.reported.map(({ context, state, description, postedAt }) => ({
      context,
      state,
      description,
      posted_at: postedAt,
    })),
  };
}
