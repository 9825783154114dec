import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import type { WebhookReader, WebhookRequest } from "../forge.ts";
import { objectKind } from "../gitlab-like/payload.ts";
import { pushEvent } from "../gitlab-like/push.ts";
import { verifyGitLabWebhook } from "../gitlab-like/verify.ts";
import { readJson, shownEvent } from "../http/payload.ts";
import { mergeRequestEvent } from "./convert.ts";

/** GitLab's webhooks: push, tag and merge request events; every other authentic event is ignored. */
export const gitlabWebhooks: WebhookReader = {
  verify: verifyGitLabWebhook,
  parse: (request) => [parseEvent(request)],
};

function parseEvent(request: WebhookRequest): TriggerEvent {
  const payload = readJson(request);
  const kind = objectKind(payload);
  switch (kind) {
    case undefined:
      return {
        kind: "ignored",
        why: "object_kind is missing: the webhook has a custom template; remove it in GitLab's webhook settings",
      };
    case "push":
    case "tag_push":
      return pushEvent(payload, kind);
    case "merge_request":
      return mergeRequestEvent(payload);
    default:
      return { kind: "ignored", why: `${shownEvent(kind)} events start no pipeline` };
  }
}
