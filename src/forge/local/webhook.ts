import type { TriggerEvent, WebhookReader, WebhookRequest } from "../forge.ts";
import { objectKind } from "../gitlab-payload.ts";
import { pushEvent } from "../gitlab-push.ts";
import { verifyGitLabWebhook } from "../gitlab-verify.ts";
import { readJson, shownEvent } from "../payload.ts";

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
