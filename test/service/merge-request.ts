import type { MergeRequestFacts } from "#language/facts.ts";
import type { MergeRequestEvent, TriggerEvent } from "#pipeline/trigger-event.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { handleDelivery } from "#service/delivery/handle-delivery.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { project, sha, type World } from "./world.ts";

type Wish = Partial<Pick<MergeRequestEvent, "action" | "sha" | "before">> &
  Partial<Pick<MergeRequestFacts, "iid" | "fork" | "sourceBranch" | "labels" | "draft">>;

/** Merge request !7 from `feature` into `main`, or what is wished for instead. */
export function mergeRequestEvent(wish: Wish = {}): MergeRequestEvent {
  const { action = "open", before = "0".repeat(40), iid = 7, fork = false } = wish;
  const source = fork ? { id: 99, path: "stranger/app" } : { id: 1, path: project };
  return {
    kind: "merge_request",
    project: {
      id: 1,
      path: project,
      url: `http://slipway.test/${project}`,
      defaultBranch: "main",
      visibility: "private",
    },
    ref: `refs/merge-requests/${iid}/head`,
    before,
    sha: wish.sha ?? sha,
    user: { id: 7, login: "ada", name: "Ada", email: "ada@example.com" },
    action,
    mergeRequest: {
      id: 700 + iid,
      iid,
      title: "A feature",
      description: "What it does",
      sourceBranch: wish.sourceBranch ?? "feature",
      sourceSha: wish.sha ?? sha,
      sourceProjectId: source.id,
      sourceProjectPath: source.path,
      sourceProjectUrl: `http://slipway.test/${source.path}`,
      targetBranch: "main",
      targetSha: "",
      diffBaseSha: "",
      labels: wish.labels ?? [],
      draft: wish.draft ?? false,
      fork,
    },
  };
}

export function withSettings(deps: ServiceDeps, more: Partial<ProjectSettings>): ServiceDeps {
  return {
    ...deps,
    settings: async (of) => {
      const settings = await deps.settings(of);
      return settings && { ...settings, ...more };
    },
  };
}

let deliveries = 0;

/** Handles the event as a delivery of its own; what became of it. */
export async function deliver(world: World, deps: ServiceDeps, event: TriggerEvent) {
  deliveries += 1;
  const id = `merge-request-${deliveries}`;
  const key = { forge: "local", project };
  await deps.store.deliveries.put({
    ...key,
    id,
    receivedAt: new Date().toISOString(),
    state: "received",
    events: [event],
  });
  const [outcome] = await handleDelivery(deps, { ...key, deliveryId: id });
  await world.settle();
  return outcome;
}
