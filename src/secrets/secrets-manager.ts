import { randomBytes } from "node:crypto";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { deriveWebhookSecret, isDerivable, webhookMasterName } from "./derived-webhook-secret.ts";
import { oneAfterAnother } from "./one-after-another.ts";
import { remembered } from "./remembered.ts";
import { type SecretValue, stillValid } from "./secret-text.ts";
import type { Secrets } from "./secrets.ts";
import { createSecret, readSecret, replaceSecret, type Vault } from "./secrets-manager-access.ts";

const minute = 60_000;
const keptForMilliseconds = 5 * minute;
/** How soon a secret that is set for the first time is found. */
const absentForMilliseconds = minute / 2;
/** This limit holds for any number of requests with wrong signatures. */
const freshMilliseconds = 10_000;
const mostAttempts = 5;

/**
 * A name is the secret `<prefix><name>` of AWS Secrets Manager; values are remembered for five minutes. The
 * secret of a webhook that has none of its own is derived from `<prefix>webhook-master`, for as many values as
 * that one has. After a rotation the value before stays valid for a day.
 */
export function secretsManagerSecrets(options: {
  readonly client: SecretsManagerClient;
  /** In front of every name, such as `slipway/`. */
  readonly prefix: string;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}): Secrets {
  const { now = Date.now } = options;
  const vault: Vault = { client: options.client, prefix: options.prefix, now };
  const cache = remembered({
    read: (name) => readSecret(vault, name),
    keptMilliseconds: (name, value) =>
      value === undefined && !isDerivable(name) ? absentForMilliseconds : keptForMilliseconds,
    freshMilliseconds,
    now,
  });
  /** Two changes at once in this process must not undo one another. */
  const change = oneAfterAnother();

  async function validValues(name: string, fresh: boolean): Promise<readonly SecretValue[]> {
    const own = await cache.get(name, { fresh });
    if (own !== undefined) return stillValid(own, now());
    if (!isDerivable(name)) return [];
    const masters = stillValid((await cache.get(webhookMasterName, { fresh })) ?? [], now());
    return masters.map(({ value, addedAt }) => ({
      value: deriveWebhookSecret(value, name),
      addedAt,
    }));
  }

  /** As it is in Secrets Manager now. */
  function latestValues(name: string): Promise<readonly SecretValue[]> {
    cache.forget(name);
    return validValues(name, true);
  }

  return {
    get: async (name, { fresh = false } = {}) =>
      (await validValues(name, fresh)).map(({ value }) => value),

    ensure: (name) =>
      change(async () => {
        const [known] = await validValues(name, false);
        if (known !== undefined) return known.value;
        const made = {
          value: randomBytes(32).toString("base64url"),
          addedAt: new Date(now()).toISOString(),
        };
        // A secret that exists may be readable a moment later only, or was emptied by hand.
        for (let attempt = 1; attempt <= mostAttempts; attempt++) {
          const created = await createSecret(vault, name, [made]);
          const [latest] = created === "created" ? [made] : await latestValues(name);
          if (latest !== undefined) {
            cache.forget(name);
            return latest.value;
          }
          await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
        }
        throw new Error(`The secret ${options.prefix}${name} is there and has no value: set one.`);
      }),

    rotate: (name, value) =>
      change(async () => {
        const present = await latestValues(name);
        if (present[0]?.value === value) return;
        const values = [{ value, addedAt: new Date(now()).toISOString() }, ...present];
        if ((await createSecret(vault, name, values)) === "exists") {
          await replaceSecret(vault, name, values);
        }
        cache.forget(name);
      }),
  };
}
