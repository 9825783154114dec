import type { WebhookReader } from "../forge.ts";
import { hexSignature, verifyHmac } from "../http/hmac-signature.ts";
import { bodyId, boundedId, isForm, readJson } from "../http/payload.ts";
import { convertEvent } from "./convert.ts";

/**
 * Bitbucket Cloud's webhooks: pushes, tags, deletions and pull requests; every other authentic event is
 * ignored. `X-Hub-Signature` holds a SHA-256 here, despite its name (Bitbucket Cloud: Manage webhooks).
 */
export const bitbucketWebhooks: WebhookReader = {
  verify: async ({ headers, body }, secrets) =>
    verifyHmac(
      {
        header: "X-Hub-Signature",
        given: [hexSignature(headers.get("x-hub-signature"), "sha256=")],
        signed: body,
        deliveryId: () => {
          const id = headers.get("x-request-uuid");
          return id ? boundedId(id) : bodyId(headers.get("x-event-key") ?? "", body);
        },
      },
      secrets,
    ),
  parse: (request) => {
    if (isForm(request)) return [{ kind: "ignored", why: "Bitbucket sends JSON, never forms" }];
    const event = request.headers.get("x-event-key");
    return event
      ? convertEvent(event, readJson(request))
      : [{ kind: "ignored", why: "X-Event-Key is missing: the request names no event" }];
  },
};
