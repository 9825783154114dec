import type { Verification, WebhookRequest } from "../forge.ts";
import { bodyId, boundedId } from "../http/payload.ts";
import { sameSecret } from "../http/secret-compare.ts";
import { checkSignature, isSigningToken } from "../http/standard-webhooks.ts";

/**
 * Verifies a delivery as GitLab sends it, by signature or by plain token. Secrets that begin with
 * `whsec_` only ever sign; all others are only ever compared with `X-Gitlab-Token`. A request that
 * carries a signature is judged by it alone.
 */
export async function verifyGitLabWebhook(
  request: WebhookRequest,
  secrets: readonly string[],
  now: number,
): Promise<Verification> {
  const { headers, body } = request;
  if (headers.has("webhook-signature")) {
    const check = checkSignature(headers, body, secrets.filter(isSigningToken), now);
    return check.valid
      ? { authentic: true, deliveryId: boundedId(check.id) }
      : { authentic: false, why: check.why };
  }
  const given = headers.get("x-gitlab-token") ?? "";
  if (given === "")
    return { authentic: false, why: "neither webhook-signature nor X-Gitlab-Token is present" };
  const tokens = secrets.filter((secret) => secret !== "" && !isSigningToken(secret));
  if (!tokens.some((token) => sameSecret(token, given)))
    return {
      authentic: false,
      why: "X-Gitlab-Token matches none of the secret tokens that are configured for this project",
    };
  return { authentic: true, deliveryId: unsignedDeliveryId(request) };
}

/**
 * GitLab before 17.4 sends no id of a delivery: X-Gitlab-Webhook-UUID is new in each resend, and
 * X-Gitlab-Event-UUID may be shared by all refs of one push, so the body tells those apart.
 */
function unsignedDeliveryId({ headers, body }: WebhookRequest): string {
  const id = headers.get("webhook-id") || headers.get("idempotency-key");
  if (id) return boundedId(id);
  return bodyId(headers.get("x-gitlab-event-uuid") ?? "", body);
}
