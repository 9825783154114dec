import { X509Certificate } from "node:crypto";
import { decodeProtectedHeader, importX509, jwtVerify } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { sha256Hex } from "#language/sha256.ts";
import {
  makeRegistryKeyPair,
  type RegistryKeys,
  readRegistryKeys,
} from "#registry/registry-keys.ts";
import { issueRegistryToken, type RegistryTokenRequest } from "#registry/token.ts";
import type { RegistryGrant } from "#registry/token-access.ts";

const now = Date.parse("2026-01-01T00:00:00.000Z");
const grants = new Map<string, RegistryGrant>([
  [sha256Hex("job-token"), { kind: "job", jobId: 7, project: "demo/app", canPush: true }],
  [sha256Hex("a:b"), { kind: "deploy", name: "server", project: "demo/app" }],
  [sha256Hex("ticket"), { kind: "ticket" }],
  [sha256Hex(""), { kind: "access", name: "must never be found" }],
]);

let keys: RegistryKeys;

beforeAll(async () => {
  keys = await readRegistryKeys(await makeRegistryKeyPair(now));
});

function ask(request: Partial<RegistryTokenRequest>) {
  return issueRegistryToken(
    { authorization: undefined, scopes: [], ...request },
    async (tokenHash) => grants.get(tokenHash),
    now,
    keys,
  );
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

async function claimsOf(answer: Awaited<ReturnType<typeof ask>>) {
  if (answer.status !== 200) throw new Error(answer.body.details);
  const key = await importX509(keys.certificate, "RS256");
  const { payload } = await jwtVerify(answer.body.token, key, {
    issuer: "slipway",
    audience: "slipway-registry",
    currentDate: new Date(now + 1000),
  });
  return payload;
}

describe("a registry token", () => {
  test("is signed by the key of the certificate that it carries, and lives for a minute", async () => {
    const answer = await ask({
      authorization: basic("gitlab-ci-token:job-token"),
      scopes: ["repository:demo/app:pull,push"],
    });
    const claims = await claimsOf(answer);
    expect(claims.access).toEqual([
      { type: "repository", name: "demo/app", actions: ["pull", "push"] },
    ]);
    expect(claims.sub).toBe("job 7");
    expect((claims.exp ?? 0) - now / 1000).toBe(60);
    if (answer.status !== 200) throw new Error("refused");
    expect(answer.body).toMatchObject({
      access_token: answer.body.token,
      expires_in: 60,
      issued_at: "2026-01-01T00:00:00.000Z",
    });
    const { x5c = [] } = decodeProtectedHeader(answer.body.token);
    const carried = new X509Certificate(Buffer.from(x5c[0] ?? "", "base64"));
    expect(carried.fingerprint256).toBe(new X509Certificate(keys.certificate).fingerprint256);
    expect(JSON.stringify(claims)).not.toContain("job-token");
  });

  test.for([
    ["any user name", basic("AWS:job-token")],
    ["no user name", basic(":job-token")],
    ["a password with a colon in it", basic("user:a:b")],
    ["the scheme in small letters", basic("u:job-token").replace("Basic", "basic")],
  ])("is given for %s", async ([, authorization]) => {
    expect((await ask({ authorization })).status).toBe(200);
  });

  test.for([
    ["a wrong password", basic("gitlab-ci-token:job-token2")],
    ["an empty password", basic("gitlab-ci-token:")],
    ["a ticket, which is no registry credential", basic("x:ticket")],
    ["a password without user and colon", basic("job-token")],
    ["another scheme", "Bearer job-token"],
    ["broken base64", "Basic !!!"],
    ["an empty header", ""],
  ])("is refused for %s", async ([, authorization]) => {
    const answer = await ask({ authorization, scopes: ["repository:library/busybox:pull"] });
    expect(answer.status).toBe(401);
    expect(JSON.stringify(answer.body)).not.toContain("job-token");
  });

  test("is given to nobody in particular for base images, with nothing else in it", async () => {
    const claims = await claimsOf(
      await ask({ scopes: ["repository:library/busybox:pull", "repository:demo/app:pull"] }),
    );
    expect(claims.access).toEqual([
      { type: "repository", name: "library/busybox", actions: ["pull"] },
    ]);
  });

  test("for somebody else's repository grants nothing, so that the registry says denied", async () => {
    const answer = await ask({
      authorization: basic("gitlab-ci-token:job-token"),
      scopes: ["repository:demo/other:pull,push"],
    });
    expect((await claimsOf(answer)).access).toEqual([]);
  });
});
