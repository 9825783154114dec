import { createHmac, timingSafeEqual } from "node:crypto";
import type { Verification } from "../forge.ts";

/** A hexadecimal SHA-256 in a header; undefined where there is none, as when no secret is set. */
export function hexSignature(value: string | null, prefix: "" | "sha256="): Buffer | undefined {
  if (!value?.startsWith(prefix)) return undefined;
  const hex = value.slice(prefix.length);
  return /^[0-9a-f]{64}$/i.test(hex) ? Buffer.from(hex, "hex") : undefined;
}

/** How a forge signs: which headers may carry the signature, over which bytes. */
export type HmacScheme = {
  /** Names them in messages. */
  readonly header: string;
  readonly given: readonly (Buffer | undefined)[];
  readonly signed: Uint8Array | string;
  readonly deliveryId: () => string;
};

/** Checks HMAC-SHA256 signatures against every secret that is valid now; an empty secret signs nothing. */
export function verifyHmac(scheme: HmacScheme, secrets: readonly string[]): Verification {
  const given = scheme.given.filter((signature) => signature !== undefined);
  if (given.length === 0)
    return {
      authentic: false,
      why: `${scheme.header} is missing or no signature: set this project's secret in the webhook's settings`,
    };
  for (const secret of secrets) {
    if (secret === "") continue;
    const expected = createHmac("sha256", secret).update(scheme.signed).digest();
    if (given.some((signature) => timingSafeEqual(expected, signature)))
      return { authentic: true, deliveryId: scheme.deliveryId() };
  }
  return {
    authentic: false,
    why: `${scheme.header} matches none of the secrets that are configured for this project`,
  };
}
