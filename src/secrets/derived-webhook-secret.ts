import { createHmac } from "node:crypto";

/** The secret that all webhook secrets without one of their own are made from. */
export const webhookMasterName = "webhook-master";

/** `webhook/<forge>/<project>`: such a secret needs no place of its own. */
export function isDerivable(name: string): boolean {
  return /^webhook\/[^/]+\/.+/.test(name);
}

/**
 * A project's webhook secret, in the form of a signing token of Standard Webhooks: nobody who has it learns the
 * master or another project's. Whoever knows the master can repeat it:
 * `printf webhook/FORGE/PROJECT | openssl dgst -sha256 -hmac MASTER -binary | base64`.
 */
export function deriveWebhookSecret(master: string, name: string): string {
  return `whsec_${createHmac("sha256", master).update(name).digest("base64")}`;
}
