import { createHash, randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import { readBasicAuth } from "#http/basic-auth.ts";
import { certificateDer, type RegistryKeys } from "./registry-keys.ts";
import { type Access, decideAccess, parseScope, type RegistryGrant } from "./token-access.ts";

/**
 * How long a token can be used. Clients take a shorter one for 60 seconds all the same. The registry
 * adds a minute of leeway for clocks that differ.
 */
const tokenLifeSeconds = 60;

/** A token service needs no more; what is left over is not read. */
const mostScopes = 50;

export type RegistryTokenRequest = {
  /** The header as it came: `Basic …` with any user name and the token as password. */
  readonly authorization: string | undefined;
  readonly scopes: readonly string[];
};

export type RegistryTokenAnswer =
  | {
      readonly status: 200;
      readonly body: {
        readonly token: string;
        /** The same, under the name that OAuth 2.0 clients read. */
        readonly access_token: string;
        readonly expires_in: number;
        readonly issued_at: string;
      };
    }
  | { readonly status: 401; readonly body: { readonly details: string } };

/**
 * Answers a request by Distribution's "Token Authentication Specification". Wrong credentials are
 * refused, so that `docker login` fails; right ones get what `decideAccess` grants of the scopes, be it
 * nothing. `lookup` gets the hex SHA-256 of the password and knows only what is valid now.
 */
export async function issueRegistryToken(
  request: RegistryTokenRequest,
  lookup: (tokenHash: string) => Promise<RegistryGrant | undefined>,
  now: number,
  keys: RegistryKeys,
): Promise<RegistryTokenAnswer> {
  const grant = await findGrant(request.authorization, lookup);
  if (grant === "wrong") {
    return {
      status: 401,
      body: {
        details:
          "The registry does not know this token: use CI_REGISTRY_PASSWORD while its job runs, or an access token that is not revoked.",
      },
    };
  }
  const scopes = request.scopes.slice(0, mostScopes).flatMap((text) => parseScope(text) ?? []);
  const token = await signRegistryToken(keys, {
    subject: subjectOf(grant),
    access: decideAccess(grant, scopes),
    now,
  });
  return {
    status: 200,
    body: {
      token,
      access_token: token,
      expires_in: tokenLifeSeconds,
      issued_at: new Date(now).toISOString(),
    },
  };
}

/** A token that the registry takes for `access`, whoever asks: for the service's own calls too. */
export async function signRegistryToken(
  keys: RegistryKeys,
  claims: {
    readonly subject: string;
    readonly access: readonly Access[];
    /** Epoch milliseconds. */
    readonly now: number;
  },
): Promise<string> {
  const seconds = Math.floor(claims.now / 1000);
  return new SignJWT({ access: claims.access })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", x5c: [certificateDer(keys.certificate)] })
    .setIssuer(keys.issuer)
    .setAudience(keys.service)
    .setSubject(claims.subject)
    .setIssuedAt(seconds)
    .setNotBefore(seconds)
    .setExpirationTime(seconds + tokenLifeSeconds)
    .setJti(randomUUID())
    .sign(keys.privateKey);
}

async function findGrant(
  authorization: string | undefined,
  lookup: (tokenHash: string) => Promise<RegistryGrant | undefined>,
): Promise<RegistryGrant | undefined | "wrong"> {
  if (authorization === undefined) return undefined;
  const password = readBasicAuth(authorization)?.password;
  if (password === undefined || password === "") return "wrong";
  const grant = await lookup(createHash("sha256").update(password).digest("hex"));
  if (grant === undefined || grant.kind === "ticket" || grant.kind === "environment") {
    return "wrong";
  }
  return grant;
}

/** For the registry's log. */
function subjectOf(grant: RegistryGrant | undefined): string {
  switch (grant?.kind) {
    case "job":
      return `job ${grant.jobId}`;
    case "access":
    case "deploy":
      return `${grant.kind} token ${grant.name}`;
    default:
      return "";
  }
}
