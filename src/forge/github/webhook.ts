import type { WebhookReader } from "../forge.ts";
import { readPush } from "../github-like/payload.ts";
import { hexSignature, verifyHmac } from "../http/hmac-signature.ts";
import { bodyId, boundedId, isForm, readJson } from "../http/payload.ts";
import { convertEvent } from "./convert.ts";

/**
 * GitHub's webhooks: pushes, tags and pull requests; every other authentic event is ignored. Only
 * `X-Hub-Signature-256` counts: the older SHA-1 header does not (GitHub Docs: Validating webhook deliveries).
 */
export const githubWebhooks: WebhookReader = {
  verify: async ({ headers, body }, secrets) =>
    verifyHmac(
      {
        header: "X-Hub-Signature-256",
        given: [hexSignature(headers.get("x-hub-signature-256"), "sha256=")],
        signed: body,
        deliveryId: () => {
          const id = headers.get("x-github-delivery");
          return id ? boundedId(id) : bodyId(headers.get("x-github-event") ?? "", body);
        },
      },
      secrets,
    ),
  parse: (request) => {
    if (isForm(request)) {
      return [
        {
          kind: "ignored",
          why: "the webhook sends forms: set its content type to application/json in GitHub's webhook settings",
        },
      ];
    }
    const event = request.headers.get("x-github-event");
    return event
      ? [convertEvent(event, event === "push" ? readPush(request) : readJson(request))]
      : [{ kind: "ignored", why: "X-GitHub-Event is missing: the request names no event" }];
  },
};
