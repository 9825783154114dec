import { type FailedDelivery, type Forge, ForgeError } from "#forge/forge.ts";
import type { ProjectKey } from "#pipeline/project-key.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import type { Host, Ports } from "../deps.ts";
import type { ForgeNotes } from "./forge-notes.ts";
import type { Refs } from "./missed-refs.ts";

/** After this many attempts a delivery is not requested again. The comparison of refs finds its pushes. */
const mostResends = 3;
/** Most deliveries to request at a time. GitLab accepts five a minute (GitLab Docs: Resend a project webhook event). */
const mostAtOnce = 5;

export type HookLook = {
  readonly resends: ForgeNotes["resends"];
  readonly resent: readonly string[];
  readonly warning?: { readonly state: string; readonly hint: string };
};

type Places = { readonly listed: ReadonlyMap<string, string>; readonly seen: Refs };

/**
 * Asks the forge to send failed deliveries again if they still matter, and checks whether the webhook is active. At the
 * first look, earlier failures are only noted. A token that may not read webhooks causes no error here, because the
 * comparison of refs finds the pushes.
 */
export async function lookAtHook(
  deps: Pick<Ports, "store"> & Pick<Host, "log">,
  key: ProjectKey,
  forge: Forge,
  notes: ForgeNotes | undefined,
  places: Places,
): Promise<HookLook> {
  const resends = { ...notes?.resends };
  const sent = forge.sent?.(key.project);
  if (sent === undefined) return { resends, resent: [] };
  const wanted = async (id: string): Promise<boolean> =>
    (resends[id] ?? 0) < mostResends && (await deps.store.deliveries.get(key, id)) === undefined;
  const resent: string[] = [];
  try {
    const hook = await sent.inspect(`/webhooks/${key.forge}/${key.project}`, wanted);
    if (hook === undefined) return { resends, resent, warning: noHook };
    let state = hook.state;
    for (const failed of hook.failed) {
      if (notes === undefined || !stillMatters(failed, places)) {
        resends[failed.id] = mostResends;
        continue;
      }
      if (resent.length >= mostAtOnce) break;
      // The attempt is counted before the request, so that a crash cannot cause endless requests.
      resends[failed.id] = (resends[failed.id] ?? 0) + 1;
      await sent.resend(hook.id, failed.handle);
      resent.push(failed.id);
    }
    if (state !== "active" && (await sent.wake?.(hook.id)) === "awake") state = "active";
    const warning = state === "active" ? {} : { warning: { state, hint: hook.hint ?? turnedOff } };
    return { resends, resent, ...warning };
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    deps.log("info", "the webhook cannot be looked at", { ...key, cause: error.message });
    return { resends, resent, ...(notes?.hook && { warning: notes.hook }) };
  }
}

const turnedOff = "The forge has turned the webhook off.";
const noHook = {
  state: "absent",
  hint: "The project has no webhook for this service: register it with `slipway connect`.",
};

/** An outdated push must not be delivered again, because it would replace the newer one. */
function stillMatters({ events }: FailedDelivery, places: Places): boolean {
  return events.some((event) => eventMatters(event, places));
}

function eventMatters(event: TriggerEvent, { listed, seen }: Places): boolean {
  switch (event.kind) {
    case "ignored":
      return false;
    case "rerun":
      return true;
    case "push":
    case "tag":
      return (
        seen[event.ref] !== event.sha &&
        (listed.get(event.ref) === event.sha || event.unresolved !== undefined)
      );
    case "branch_delete":
    case "tag_delete":
      return seen[event.ref] !== undefined && !listed.has(event.ref);
    case "merge_request": {
      const head = listed.get(`refs/heads/${event.mergeRequest.sourceBranch}`);
      return event.mergeRequest.fork || head === undefined || head === event.sha;
    }
  }
}
