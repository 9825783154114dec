import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWK,
} from "jose";
import * as z from "zod/mini";
import type { Ports } from "../deps.ts";

/** The secret that holds the installation's signing key; after a rotation the key before stays known. */
export const idTokenKeySecret = "id-token-key";

export const idTokenAlgorithm = "RS256";

const keySchema = z.object({
  kty: z.literal("RSA"),
  kid: z.string(),
  n: z.string(),
  e: z.string(),
  d: z.string(),
  p: z.string(),
  q: z.string(),
  dp: z.string(),
  dq: z.string(),
  qi: z.string(),
});

type SigningKey = z.infer<typeof keySchema>;

/** Returns the newest key, and creates one at an installation's first call. */
export async function signingKey(deps: Pick<Ports, "secrets">): Promise<SigningKey> {
  const [present] = await allKeys(deps);
  if (present !== undefined) return present;
  await rotateIdTokenKey(deps);
  // Another process may have created a key at the same time. The later key is the newest.
  const [made] = await allKeys(deps);
  if (made === undefined)
    throw new Error(`The secret ${idTokenKeySecret} was lost as it was made.`);
  return made;
}

/** Creates a new key. Tokens signed with the earlier key stay valid as long as the secrets keep that key. */
export async function rotateIdTokenKey(deps: Pick<Ports, "secrets">): Promise<void> {
  const { privateKey } = await generateKeyPair(idTokenAlgorithm, { extractable: true });
  const key = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(key);
  await deps.secrets.rotate(idTokenKeySecret, JSON.stringify({ ...key, kid }));
}

/** What relying parties check signatures with (RFC 7517): public parts only. */
export async function publicKeys(deps: Pick<Ports, "secrets">): Promise<JSONWebKeySet> {
  await signingKey(deps);
  const keys = (await allKeys(deps)).map(
    ({ kty, kid, n, e }): JWK => ({ kty, kid, n, e, use: "sig", alg: idTokenAlgorithm }),
  );
  return { keys };
}

async function allKeys({ secrets }: Pick<Ports, "secrets">): Promise<readonly SigningKey[]> {
  const texts = await secrets.get(idTokenKeySecret);
  return texts.map((text) => {
    try {
      return keySchema.parse(JSON.parse(text));
    } catch {
      // The cause would quote the key.
      throw new Error(
        `The secret ${idTokenKeySecret} holds no signing key: remove it to have a new one.`,
      );
    }
  });
}
