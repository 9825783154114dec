import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bitbucketWebhooks } from "#forge/bitbucket/webhook.ts";
import { hmacHex, hmacSecrets } from "../hmac.ts";
import { bytesOf, describeWebhooks } from "../webhook-contract.ts";

const fixtures = new URL("./fixtures/", import.meta.url);

describeWebhooks("bitbucket", {
  reader: bitbucketWebhooks,
  fixtures,
  secrets: hmacSecrets,
  sign: (body, key, id) => ({
    "x-hub-signature": `sha256=${hmacHex(body, key)}`,
    "x-request-uuid": id,
  }),
});

test.for<[string, string, boolean]>([
  [
    "the published vector",
    "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9",
    true,
  ],
  ["SHA-1, as the header's name suggests", "sha1=d03207e4b030cf234e3447bac4d93add4c6643d8", false],
  ["nothing after the prefix", "sha256=", false],
])("Bitbucket's signature: %s", async ([, signature, authentic]) => {
  const headers = new Headers({ "x-hub-signature": signature });
  const body = bytesOf("Hello World!");
  const result = await bitbucketWebhooks.verify({ headers, body }, [hmacSecrets.current], 0);
  expect(result.authentic).toBe(authentic);
});

test("10,000 refs of one push are 10,000 events, in their order", () => {
  const payload = JSON.parse(readFileSync(new URL("push.json", fixtures), "utf8"));
  const [change] = payload.push.changes;
  const names = Array.from({ length: 10_000 }, (_, index) => `branch-${index}`);
  payload.push.changes = names.map((name) => ({ ...change, new: { ...change.new, name } }));
  const events = bitbucketWebhooks.parse({
    headers: new Headers({ "x-event-key": "repo:push" }),
    body: bytesOf(JSON.stringify(payload)),
  });
  expect(events.map((event) => "ref" in event && event.ref)).toEqual(
    names.map((name) => `refs/heads/${name}`),
  );
});
