import { describe, expect, test } from "vitest";
import type { WebhookReader } from "#forge/forge.ts";
import { gitlabWebhooks } from "#forge/gitlab/webhook.ts";
import { createSigningToken, signWebhook } from "#forge/http/standard-webhooks.ts";
import { localWebhooks } from "#forge/local/webhook.ts";

const vector = {
  token: "whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=",
  id: "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
  timestamp: "1760000000",
  body: '{"object_kind":"push"}',
  signature: "v1,dBb9MlXgDzMxB1MkL1N/Cg5n5hvABnYpHFABZINe1c0=",
};
const now = 1_760_000_000_000;
const signed = {
  "webhook-id": vector.id,
  "webhook-timestamp": vector.timestamp,
  "webhook-signature": vector.signature,
};
const other = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3Q=";
const nonsense = `v1,${"A".repeat(43)}=`;

type Row = {
  readonly name: string;
  readonly headers: Record<string, string>;
  readonly secrets: readonly string[];
  readonly now?: number;
  readonly body?: string;
  readonly expected: string | RegExp;
};

const rows: readonly Row[] = [
  { name: "the published vector", headers: signed, secrets: [vector.token], expected: vector.id },
  {
    name: "a second, rotated token",
    headers: signed,
    secrets: [other, vector.token],
    expected: vector.id,
  },
  {
    name: "any of several signatures",
    headers: { ...signed, "webhook-signature": `v1a,xx ${nonsense}  ${vector.signature}` },
    secrets: [vector.token],
    expected: vector.id,
  },
  {
    name: "five minutes early",
    headers: signed,
    secrets: [vector.token],
    now: now - 300_000,
    expected: vector.id,
  },
  {
    name: "five minutes late",
    headers: signed,
    secrets: [vector.token],
    now: now + 300_000,
    expected: vector.id,
  },
  {
    name: "more than five minutes late",
    headers: signed,
    secrets: [vector.token],
    now: now + 300_001,
    expected: /five minutes/,
  },
  {
    name: "more than five minutes early",
    headers: signed,
    secrets: [vector.token],
    now: now - 300_001,
    expected: /five minutes/,
  },
  {
    name: "one changed byte",
    headers: signed,
    secrets: [vector.token],
    body: '{"object_kind":"pusg"}',
    expected: /none of the signing tokens/,
  },
  {
    name: "another id",
    headers: { ...signed, "webhook-id": "x" },
    secrets: [vector.token],
    expected: /none of the signing tokens/,
  },
  {
    name: "another time",
    headers: { ...signed, "webhook-timestamp": "1760000001" },
    secrets: [vector.token],
    expected: /none of the signing tokens/,
  },
  {
    name: "a time that is no number",
    headers: { ...signed, "webhook-timestamp": "1.76e9" },
    secrets: [vector.token],
    expected: /webhook-timestamp/,
  },
  {
    name: "no id",
    headers: { ...signed, "webhook-id": "" },
    secrets: [vector.token],
    expected: /webhook-id/,
  },
  {
    name: "another version of signature",
    headers: { ...signed, "webhook-signature": vector.signature.replace("v1", "v2") },
    secrets: [vector.token],
    expected: /none/,
  },
  {
    name: "a signature without version",
    headers: { ...signed, "webhook-signature": vector.signature.slice(3) },
    secrets: [vector.token],
    expected: /none/,
  },
  {
    name: "the wrong token",
    headers: signed,
    secrets: [other],
    expected: /none of the signing tokens/,
  },
  {
    name: "signed, no secret at all",
    headers: signed,
    secrets: [],
    expected: /none of the signing tokens/,
  },
  {
    name: "a signing token without a key",
    headers: signed,
    secrets: ["whsec_", "whsec_!", ""],
    expected: /none/,
  },
  {
    name: "a bad signature beside the right plain token",
    headers: { ...signed, "webhook-signature": nonsense, "x-gitlab-token": "plain" },
    secrets: [vector.token, "plain"],
    expected: /none of the signing tokens/,
  },
  {
    name: "an empty signature beside the right plain token",
    headers: { ...signed, "webhook-signature": "", "x-gitlab-token": "plain" },
    secrets: ["plain"],
    expected: /none of the signing tokens/,
  },
  {
    name: "a good signature beside a wrong plain token",
    headers: { ...signed, "x-gitlab-token": "wrong" },
    secrets: [vector.token, "plain"],
    expected: vector.id,
  },
  {
    name: "the plain token",
    headers: { "x-gitlab-token": "plain", "webhook-id": "d-1" },
    secrets: ["plain"],
    expected: "d-1",
  },
  {
    name: "a second plain token",
    headers: { "x-gitlab-token": "new", "idempotency-key": "d-2" },
    secrets: ["old", "new"],
    expected: "d-2",
  },
  {
    name: "a wrong plain token",
    headers: { "x-gitlab-token": "plainx" },
    secrets: ["plain"],
    expected: /X-Gitlab-Token matches none/,
  },
  {
    name: "the signing token sent in clear",
    headers: { "x-gitlab-token": vector.token },
    secrets: [vector.token],
    expected: /X-Gitlab-Token matches none/,
  },
  {
    name: "an empty token and an empty secret",
    headers: { "x-gitlab-token": "" },
    secrets: [""],
    expected: /neither/,
  },
  { name: "no headers", headers: {}, secrets: ["plain", vector.token], expected: /neither/ },
  {
    name: "a token, no secret at all",
    headers: { "x-gitlab-token": "plain" },
    secrets: [],
    expected: /X-Gitlab-Token matches none/,
  },
];

function verify(reader: WebhookReader, row: Omit<Row, "name" | "expected">) {
  return reader.verify(
    { headers: new Headers(row.headers), body: new TextEncoder().encode(row.body ?? vector.body) },
    row.secrets,
    row.now ?? now,
  );
}

describe.for([
  ["gitlab", gitlabWebhooks],
  ["local", localWebhooks],
] as const)("%s verification", ([, reader]) => {
  test.for(rows)("$name", async ({ expected, ...row }) => {
    const result = await verify(reader, row);
    if (typeof expected === "string")
      expect(result).toEqual({ authentic: true, deliveryId: expected });
    else expect(result).toEqual({ authentic: false, why: expect.stringMatching(expected) });
  });
});

describe("delivery ids without an idempotency key", () => {
  const id = async (headers: Record<string, string>, body: string) => {
    const result = await verify(gitlabWebhooks, {
      headers: { ...headers, "x-gitlab-token": "plain" },
      secrets: ["plain"],
      body,
    });
    return result.authentic ? result.deliveryId : result.why;
  };

  test("a resend has the same id, though its webhook UUID is new", async () => {
    const first = await id({ "x-gitlab-event-uuid": "e", "x-gitlab-webhook-uuid": "1" }, "{}");
    expect(await id({ "x-gitlab-event-uuid": "e", "x-gitlab-webhook-uuid": "2" }, "{}")).toBe(
      first,
    );
  });

  test("two refs of one push have different ids, though the event UUID is shared", async () => {
    const first = await id({ "x-gitlab-event-uuid": "e" }, '{"ref":"a"}');
    expect(await id({ "x-gitlab-event-uuid": "e" }, '{"ref":"b"}')).not.toBe(first);
  });

  test("an id too long or too strange for a key is hashed whole", async () => {
    const long = await id({ "webhook-id": `${"a".repeat(300)}1` }, "{}");
    expect(long).toMatch(/^[0-9a-f]{64}$/);
    expect(await id({ "webhook-id": `${"a".repeat(300)}2` }, "{}")).not.toBe(long);
    expect(await id({ "webhook-id": "a#b" }, "{}")).toMatch(/^[0-9a-f]{64}$/);
  });
});

test("a new signing token signs what it verifies, and no other token does", () => {
  const body = new TextEncoder().encode("x");
  const delivery = { id: "1", timestampSeconds: 1 };
  const token = createSigningToken();
  expect(token).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(signWebhook(token, delivery, body)).toMatch(/^v1,/);
  expect(signWebhook(token, delivery, body)).not.toBe(
    signWebhook(createSigningToken(), delivery, body),
  );
});
