import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import type { ProjectKey } from "#pipeline/project-key.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import type { BuildableEvent } from "../configuration/facts.ts";
import { createPipelineFor } from "../create/create-pipeline.ts";
import { buildFork, withdrawFork } from "../create/fork-policy.ts";
import type { Ports, ServiceDeps } from "../deps.ts";
import { noteDeletedBranch } from "../images/old-images.ts";
import { handledBefore } from "./handled-before.ts";
import { rerun } from "./rerun.ts";
import { resolveEvent } from "./resolve-event.ts";
import { stopDeploymentEnvironmentsOf } from "./stop-deployment-environments.ts";

/**
 * Handles a stored delivery. Safe to run again: a pipeline is claimed by its semantic key, so a second run finds the
 * pipeline of the first one.
 */
export async function handleDelivery(
  deps: ServiceDeps,
  key: ProjectKey & { readonly deliveryId: string },
): Promise<readonly CreateOutcome[]> {
  const delivery = await deps.store.deliveries.get(key, key.deliveryId);
  if (delivery === undefined || delivery.state === "done") return [];
  const outcomes: CreateOutcome[] = [];
  for (const event of delivery.events) {
    outcomes.push(await handleEvent(deps, key.forge, event));
  }
  await deps.store.deliveries.mark(delivery, "done", outcomes);
  return outcomes;
}

/** The ref may have changed since the sweep checked it. */
async function isStillSeen(
  deps: Pick<Ports, "store">,
  forge: string,
  event: Extract<TriggerEvent, { kind: "branch_delete" | "tag_delete" }>,
): Promise<boolean> {
  const key = { forge, project: event.project.path };
  const seen = await deps.store.projects.seenRef(key, event.ref);
  return seen === event.before;
}

/** Handles one event. Safe to run again. */
export async function handleEvent(
  deps: ServiceDeps,
  forge: string,
  event: TriggerEvent,
): Promise<CreateOutcome> {
  switch (event.kind) {
    case "ignored":
      return { result: "nothing", why: event.why };
    case "rerun":
      return rerun(deps, forge, event);
    case "branch_delete":
    case "tag_delete": {
      const key = { forge, project: event.project.path };
      if (event.found === true && !(await isStillSeen(deps, forge, event)))
        return { result: "nothing", why: `${event.ref} was handled before` };
      if (event.kind === "branch_delete") {
        const name = event.ref.replace(/^refs\/heads\//, "");
        await noteDeletedBranch(deps, key, name);
        await stopDeploymentEnvironmentsOf(deps, event.project.path, name);
      }
      await deps.store.projects.setSeenRef(key, event.ref, undefined);
      return { result: "nothing", why: `${event.ref} was deleted` };
    }
    case "merge_request":
      if (event.action === "close" || event.action === "merge") {
        if (event.mergeRequest.fork) await withdrawFork(deps, forge, event);
        return {
          result: "nothing",
          why: `merge request ${event.action === "close" ? "closed" : "merged"}`,
        };
      }
      return (await build(deps, forge, event)).outcome;
    case "push":
    case "tag": {
      const known = await handledBefore(deps, forge, event);
      if (known !== undefined) return known;
      const { outcome, sha } = await build(deps, forge, event);
      const key = { forge, project: event.project.path };
      await deps.store.projects.setSeenRef(key, event.ref, sha);
      return outcome;
    }
  }
}

async function build(
  deps: ServiceDeps,
  forge: string,
  event: BuildableEvent,
): Promise<{ readonly outcome: CreateOutcome; readonly sha: string }> {
  const client = deps.forges.get(forge)?.client(event.project.path);
  const resolved = client === undefined ? event : await resolveEvent(client, event);
  if (resolved === undefined) {
    const why = `${event.sha} leads to no commit of the repository`;
    return { outcome: { result: "nothing", why }, sha: event.sha };
  }
  const isFork = resolved.kind === "merge_request" && resolved.mergeRequest.fork;
  const outcome = isFork
    ? await buildFork(deps, forge, resolved)
    : await createPipelineFor(deps, forge, resolved);
  return { outcome, sha: resolved.sha };
}
