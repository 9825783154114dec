import type { WebhookReader, WebhookRequest } from "../forge.ts";
import { readPush } from "../github-like/payload.ts";
import { hexSignature, verifyHmac } from "../http/hmac-signature.ts";
import { bodyId, boundedId, isForm, readJson } from "../http/payload.ts";
import { convertEvent } from "./convert.ts";

/**
 * Gitea's and Forgejo's webhooks: pushes, tags, deletions and pull requests; every other authentic event is
 * ignored. The same signature comes in several headers, empty ones where the webhook has no secret.
 */
export const giteaWebhooks: WebhookReader = {
  verify: async (request, secrets) => {
    const { headers, body } = request;
    return verifyHmac(
      {
        header: "X-Gitea-Signature",
        given: [
          hexSignature(headers.get("x-gitea-signature"), ""),
          hexSignature(headers.get("x-forgejo-signature"), ""),
          hexSignature(headers.get("x-hub-signature-256"), "sha256="),
        ],
        signed: signedPart(request),
        deliveryId: () => {
          const id = firstOf(headers, ["x-gitea-delivery", "x-forgejo-delivery"]);
          return id === undefined ? bodyId(eventOf(headers) ?? "", body) : boundedId(id);
        },
      },
      secrets,
    );
  },
  parse: (request) => {
    if (isForm(request)) {
      return [
        {
          kind: "ignored",
          why: "the webhook sends forms: set its content type to application/json in the webhook's settings",
        },
      ];
    }
    const event = eventOf(request.headers);
    return event === undefined
      ? [{ kind: "ignored", why: "X-Gitea-Event is missing: the request names no event" }]
      : [convertEvent(event, event === "push" ? readPush(request) : readJson(request))];
  },
};

/** A form is signed over the value of `payload` alone. */
function signedPart(request: WebhookRequest): Uint8Array | string {
  if (!isForm(request)) return request.body;
  return new URLSearchParams(new TextDecoder().decode(request.body)).get("payload") ?? "";
}

/** Gitea's own name first: beside it comes one for tools that know GitHub's. */
function eventOf(headers: Headers): string | undefined {
  return firstOf(headers, ["x-gitea-event", "x-forgejo-event", "x-gogs-event"]);
}

function firstOf(headers: Headers, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = headers.get(name);
    if (value) return value;
  }
  return undefined;
}
