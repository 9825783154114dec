import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { githubWebhooks } from "#forge/github/webhook.ts";
import { hmacHex, hmacSecrets } from "../hmac.ts";
import { bytesOf, describeWebhooks } from "../webhook-contract.ts";

const secret = hmacSecrets.current;

describeWebhooks("github", {
  reader: githubWebhooks,
  fixtures: new URL("./fixtures/", import.meta.url),
  secrets: hmacSecrets,
  sign: (body, key, id) => ({
    "x-hub-signature-256": `sha256=${hmacHex(body, key)}`,
    "x-github-delivery": id,
  }),
});

const body = bytesOf("Hello, World!");
const published = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
const sha1 = createHmac("sha1", secret).update(body).digest("hex");

test.for<[string, Record<string, string>, boolean]>([
  ["the published vector", { "x-hub-signature-256": `sha256=${published}` }, true],
  ["hexadecimal in capitals", { "x-hub-signature-256": `sha256=${published.toUpperCase()}` }, true],
  ["a signature without its prefix", { "x-hub-signature-256": published }, false],
  ["a prefix alone", { "x-hub-signature-256": "sha256=" }, false],
  ["the older SHA-1 header", { "x-hub-signature": `sha1=${sha1}` }, false],
  ["SHA-1 in the newer header", { "x-hub-signature-256": `sha1=${sha1}` }, false],
  ["Bitbucket's header", { "x-hub-signature": `sha256=${published}` }, false],
  ["Gitea's header", { "x-gitea-signature": published }, false],
])("GitHub's signature: %s", async ([, headers, authentic]) => {
  const result = await githubWebhooks.verify({ headers: new Headers(headers), body }, [secret], 0);
  expect(result.authentic).toBe(authentic);
});

test("a delivery without an id is known by its event and bytes", async () => {
  const idOf = async (event: string) => {
    const headers = new Headers({
      "x-hub-signature-256": `sha256=${published}`,
      "x-github-event": event,
    });
    const result = await githubWebhooks.verify({ headers, body }, [secret], 0);
    return result.authentic ? result.deliveryId : undefined;
  };
  expect(await idOf("push")).toMatch(/^[0-9a-f]{64}$/);
  expect(await idOf("push")).toBe(await idOf("push"));
  expect(await idOf("push")).not.toBe(await idOf("create"));
});

test("a webhook that sends forms is told to send JSON", async () => {
  const form = bytesOf(`payload=${encodeURIComponent('{"ref":"refs/heads/main"}')}`);
  const headers = new Headers({
    "content-type": "application/x-www-form-urlencoded",
    "x-github-event": "push",
    "x-hub-signature-256": `sha256=${hmacHex(form, secret)}`,
  });
  const result = await githubWebhooks.verify({ headers, body: form }, [secret], 0);
  expect(result.authentic).toBe(true);
  expect(githubWebhooks.parse({ headers, body: form })).toEqual([
    { kind: "ignored", why: expect.stringContaining("application/json") },
  ]);
});
