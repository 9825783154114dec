import type { TriggerEvent } from "#forge/forge.ts";
import { type CreateOutcome, createPipelineFor } from "./create-pipeline.ts";
import type { ServiceDeps } from "./deps.ts";

/**
 * Does what a stored delivery asks for. Safe to run again: a pipeline is claimed by what it is for, so a
 * second run finds the first one's.
 */
export async function handleDelivery(
  deps: ServiceDeps,
  key: { readonly forge: string; readonly project: string; readonly deliveryId: string },
): Promise<readonly CreateOutcome[]> {
  const delivery = await deps.store.deliveries.get(key.forge, key.project, key.deliveryId);
  if (delivery === undefined || delivery.state === "done") return [];
  const events = JSON.parse(delivery.events) as readonly TriggerEvent[];
  const outcomes: CreateOutcome[] = [];
  for (const event of events) {
    outcomes.push(await handleEvent(deps, key.forge, event));
  }
  await deps.store.deliveries.mark(delivery, "done", JSON.stringify(outcomes));
  return outcomes;
}

async function handleEvent(
  deps: ServiceDeps,
  forge: string,
  event: TriggerEvent,
): Promise<CreateOutcome> {
  switch (event.kind) {
    case "ignored":
      return { result: "nothing", why: event.why };
    case "branch_delete":
    case "tag_delete":
      await deps.store.projects.setSeenRef(forge, event.project.path, event.ref, undefined);
      return { result: "nothing", why: `${event.ref} was deleted` };
    case "merge_request":
      if (event.action === "close" || event.action === "merge") {
        return {
          result: "nothing",
          why: `merge request ${event.action === "close" ? "closed" : "merged"}`,
        };
      }
      return createPipelineFor(deps, forge, event);
    case "push":
    case "tag": {
      const outcome = await createPipelineFor(deps, forge, event);
      await deps.store.projects.setSeenRef(forge, event.project.path, event.ref, event.sha);
      return outcome;
    }
  }
}
