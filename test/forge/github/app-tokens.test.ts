import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectForge } from "#forge/connections.ts";
import { githubAppTokens } from "#forge/github/app-tokens.ts";
import { toConnection } from "#project/connection.ts";
import { makeSample, type Sample, statusOf } from "../client-contract.ts";
import { githubDouble } from "../doubles/github.ts";

let sample: Sample;
let double: Awaited<ReturnType<typeof githubDouble>>;
beforeAll(async () => {
  sample = makeSample();
  double = await githubDouble({ repository: sample.repository });
});
afterAll(async () => {
  await double.stop();
  sample.remove();
});

function tokens(more: { key?: string; now?: () => number } = {}) {
  return githubAppTokens({
    apiUrl: `${double.url}/api/v3`,
    appId: double.app.id,
    installation: double.app.installation,
    key: async () => more.key ?? double.app.privateKey,
    ...(more.now && { now: more.now }),
  });
}

/** A connection by the app, whose key is read as the test says. */
function connected(readKey: Parameters<typeof connectForge>[1]) {
  const { id, installation } = double.app;
  const app = { id, installation, key: { secret: "key" } };
  return connectForge(toConnection("team", { kind: "github", url: double.url, app }), readKey);
}

test("an app's token is for one repository and the rights that the use needs", async () => {
  const forge = connected(async () => double.app.privateKey);
  await forge.client("octo/app").postStatus(statusOf(sample.second));
  await forge.client("octo/app").readProject();
  const { password, username } = await forge.client("octo/app").cloneAccess("job");
  expect(double.installationTokens).toMatchObject([
    { repositories: ["app"], permissions: { contents: "read", statuses: "write" } },
    { repositories: ["app"], permissions: { contents: "read" }, token: password },
  ]);
  expect(username).toBe("x-access-token");
});

test("a token is used for 55 minutes, by many at once, and never after", async () => {
  const start = Date.now();
  let now = start;
  const token = tokens({ now: () => now });
  const read = () => token("octo/app", { contents: "read" });
  const [first, same] = await Promise.all([read(), read()]);
  expect(same).toBe(first);
  now = start + 54 * 60_000;
  expect(await read()).toBe(first);
  now = start + 55 * 60_000;
  // The double's clock has not moved: a proof from the future is refused, so a new token was asked for.
  await expect(read()).rejects.toMatchObject({ name: "ForgeError", retryable: false });
  now = start;
  expect(await read()).not.toBe(first);
});

test("a token that was revoked is replaced at the next request", async () => {
  const forge = connected(async () => double.app.privateKey);
  await forge.client("octo/app").readProject();
  const revoked = double.installationTokens.pop();
  double.installationTokens.push({ repositories: [], permissions: {}, token: "ghs_other" });
  await forge.client("octo/app").readProject();
  const token = double.installationTokens.at(-1)?.token;
  expect(token).not.toBe(revoked?.token);
  const before = double.installationTokens.length;
  await forge.client("octo/app").readProject();
  expect(double.installationTokens).toHaveLength(before);
});

test("a key that was rotated a moment ago is read anew", async () => {
  const { privateKey: old } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const forge = connected(async (_, how) => (how?.fresh ? double.app.privateKey : old));
  expect(await forge.client("octo/app").readProject()).toMatchObject({ path: "octo/app" });
  expect(await forge.hooks("octo/app").missingRights()).toEqual([]);
});

test("a key that is none is an error that says so, and quotes nothing of it", async () => {
  const failure = await tokens({ key: "s3cret" })("octo/app", {}).catch((error: Error) => error);
  expect(String(failure)).toMatch(/key is not a private key in PEM form/);
  expect(String(failure)).not.toContain("s3cret");
});
