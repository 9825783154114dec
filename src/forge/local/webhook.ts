import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import type { WebhookReader, WebhookRequest } from "../forge.ts";
import { objectKind } from "../gitlab-like/payload.ts";
import { pushEvent } from "../gitlab-like/push.ts";
import { verifyGitLabWebhook } from "../gitlab-like/verify.ts";
import { readJson, shownEvent } from "../http/payload.ts";

/** The built-in git host's webhooks: GitLab's shape and signatures, pushes and tags only. */
export const localWebhooks: WebhookReader = {
  verify: verifyGitLabWebhook,
  parse: (request) => [parseEvent(request)],
};

function parseEvent(request: WebhookRequest): TriggerEvent {
  const payload = readJson(request);
  const kind = objectKind(payload);
  if (kind === "push" || kind === "tag_push") return pushEvent(payload, kind);
  const shown = kind === undefined ? "such" : shownEvent(kind);
  return { kind: "ignored", why: `the git host sends no ${shown} events` };
}
