import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import { pushEvent } from "../github-like/payload.ts";
import { pullRequestEvent } from "../github-like/pull-request.ts";
import { shownEvent } from "../http/payload.ts";
import { checkRunEvent } from "./check-run-event.ts";

// GitHub Docs: Webhook events and payloads.

const actions = {
  opened: "open",
  reopened: "reopen",
  synchronize: "update",
  ready_for_review: "update",
} as const;

/** The event of one delivery, by the name that GitHub gives it. */
export function convertEvent(event: string, payload: unknown): TriggerEvent {
  switch (event) {
    case "push":
      return pushEvent(payload);
    case "pull_request":
      return pullRequestEvent(payload, actions);
    case "check_run":
      return checkRunEvent(payload);
    case "check_suite":
      return { kind: "ignored", why: "check_suite: only single checks are run again" };
    case "ping":
      return { kind: "ignored", why: "ping: the webhook works" };
    case "create":
    case "delete":
      return { kind: "ignored", why: `${event}: the push event of the same ref says it all` };
    default:
      return { kind: "ignored", why: `${shownEvent(event)} events start no pipeline` };
  }
}
