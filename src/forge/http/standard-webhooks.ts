import { createHmac, randomBytes } from "node:crypto";
import { sameSecret } from "./secret-compare.ts";

// Signatures after the Standard Webhooks specification, as GitLab sends them since 19.0
// (GitLab Docs: Webhooks, "Signing tokens"). Only symmetric `v1` signatures exist there.

const tokenPrefix = "whsec_";
const toleranceSeconds = 5 * 60;

/** Makes a signing token at random: 32 bytes, as GitLab demands. */
export function createSigningToken(): string {
  return signingToken(randomBytes(32));
}

/** Writes key bytes as a signing token. */
export function signingToken(key: Uint8Array): string {
  return `${tokenPrefix}${Buffer.from(key).toString("base64")}`;
}

/** Whether a configured secret is meant to sign, and so must never be sent or accepted in clear. */
export function isSigningToken(secret: string): boolean {
  return secret.startsWith(tokenPrefix);
}

/** The `webhook-signature` of a delivery, or undefined where the token holds no key. */
export function signWebhook(
  token: string,
  delivery: { readonly id: string; readonly timestampSeconds: number | string },
  body: Uint8Array,
): string | undefined {
  const key = keyOf(token);
  if (key === undefined) return undefined;
  const mac = createHmac("sha256", key)
    .update(`${delivery.id}.${delivery.timestampSeconds}.`)
    .update(body)
    .digest("base64");
  return `v1,${mac}`;
}

export type SignatureCheck =
  | { readonly valid: true; readonly id: string }
  | { readonly valid: false; readonly why: string };

/**
 * Checks the signed headers of a delivery against every token that is valid now. The window of five
 * minutes is the specification's; `now` is epoch milliseconds.
 */
export function checkSignature(
  headers: Headers,
  body: Uint8Array,
  tokens: readonly string[],
  now: number,
): SignatureCheck {
  const id = headers.get("webhook-id") ?? "";
  const timestamp = headers.get("webhook-timestamp") ?? "";
  const given = (headers.get("webhook-signature") ?? "").split(/\s+/).filter(Boolean);
  if (id === "") return refused("webhook-id is missing from a signed request");
  if (!/^\d{1,12}$/.test(timestamp))
    return refused("webhook-timestamp is missing or not a number of seconds");
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds)
    return refused("webhook-timestamp is more than five minutes away from this machine's clock");
  for (const token of tokens) {
    const expected = signWebhook(token, { id, timestampSeconds: timestamp }, body);
    if (expected === undefined) continue;
    if (given.some((signature) => sameSecret(expected, signature))) return { valid: true, id };
  }
  return refused(
    "webhook-signature matches none of the signing tokens that are configured for this project",
  );
}

function refused(why: string): SignatureCheck {
  return { valid: false, why };
}

function keyOf(token: string): Buffer | undefined {
  const encoded = isSigningToken(token) ? token.slice(tokenPrefix.length) : "";
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const key = Buffer.from(encoded, "base64");
  return key.length === 0 ? undefined : key;
}
