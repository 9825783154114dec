import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { giteaWebhooks } from "#forge/gitea/webhook.ts";
import { hmacHex, hmacSecrets } from "../hmac.ts";
import { bytesOf, describeWebhooks } from "../webhook-contract.ts";

const secret = hmacSecrets.current;
const fixtures = new URL("./fixtures/", import.meta.url);

describeWebhooks("gitea", {
  reader: giteaWebhooks,
  fixtures,
  secrets: hmacSecrets,
  sign: (body, key, id) => ({
    "x-gitea-signature": hmacHex(body, key),
    "x-gitea-delivery": id,
    "x-hub-signature-256": `sha256=${hmacHex(body, key)}`,
  }),
});

const body = bytesOf("Hello, World!");
const hex = hmacHex(body, secret);

test.for<[string, Record<string, string>, boolean]>([
  ["Gitea's own", { "x-gitea-signature": hex }, true],
  ["Forgejo's own", { "x-forgejo-signature": hex }, true],
  ["GitHub's alone", { "x-hub-signature-256": `sha256=${hex}` }, true],
  ["all empty", { "x-gitea-signature": "", "x-hub-signature-256": "sha256=" }, false],
  ["GitHub's form in Gitea's header", { "x-gitea-signature": `sha256=${hex}` }, false],
])("Gitea's signature: %s", async ([, headers, authentic]) => {
  const result = await giteaWebhooks.verify({ headers: new Headers(headers), body }, [secret], 0);
  expect(result.authentic).toBe(authentic);
});

test("a webhook that sends forms is signed over the payload, and told to send JSON", async () => {
  const payload = '{"ref":"refs/heads/größe & co"}';
  const form = bytesOf(new URLSearchParams({ payload }).toString());
  const headers = new Headers({
    "content-type": "application/x-www-form-urlencoded",
    "x-gitea-event": "push",
    "x-gitea-signature": hmacHex(payload, secret),
  });
  const result = await giteaWebhooks.verify({ headers, body: form }, [secret], 0);
  expect(result.authentic).toBe(true);
  expect(giteaWebhooks.parse({ headers, body: form })).toEqual([
    { kind: "ignored", why: expect.stringContaining("application/json") },
  ]);
  const empty = await giteaWebhooks.verify({ headers, body: bytesOf("a=b") }, [secret], 0);
  expect(empty.authentic).toBe(false);
});

test("what create and push say of one new branch is the same but for the words", () => {
  const [created] = parse("create-branch", "create");
  const [pushed] = parse("push-new-branch", "push");
  const key = ({ kind, ref, before, sha }: Record<string, unknown>) => [kind, ref, before, sha];
  expect(key({ ...created })).toEqual(key({ ...pushed }));
});

function parse(name: string, event: string) {
  return giteaWebhooks.parse({
    headers: new Headers({ "x-gitea-event": event, "x-github-event": "issues" }),
    body: readFileSync(new URL(`${name}.json`, fixtures)),
  });
}
