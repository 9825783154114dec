import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "#functions/http/app.ts";
import { hmacHex, hmacSecrets } from "../forge/hmac.ts";
import { bytesOf } from "../forge/webhook-contract.ts";
import {
  eventHeader,
  fixtures,
  makeWebhookWorld,
  signedAt,
  subjects,
  type WebhookWorld,
} from "./webhook-world.ts";

let world: WebhookWorld;
beforeAll(async () => {
  world = await makeWebhookWorld();
});
afterAll(() => world.close());

const request: WebhookWorld["request"] = (path, init) => world.request(path, init);
const stored = () => world.stored();

describe.for(subjects)("the door for $name", (subject) => {
  const door = `/webhooks/${subject.name}/${subject.project}`;
  const fixture = (name: string) => {
    const found = fixtures(subject).find((each) => each.name === name);
    if (found === undefined) throw new Error(`no fixture ${name}`);
    return found;
  };
  const push = fixture("push");
  /** Authentic, whatever is in it. */
  const signed = (
    body: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
    id: string = randomUUID(),
  ): RequestInit => ({
    headers: { ...push.headers, ...subject.sign(body, subject.secret, id), ...headers },
    body,
  });
  const edited = (edit: (text: string) => string) => bytesOf(edit(push.body.toString()));

  test("takes an authentic push once, however often it comes", async () => {
    const before = await stored();
    expect((await request(door, signed(push.body, {}, "d-1"))).status).toBe(202);
    expect((await request(door, signed(push.body, {}, "d-2"))).status).toBe(202);
    expect((await request(door, signed(push.body, {}, "d-1"))).status).toBe(200);
    expect(await stored()).toBe(before + 2);
    await world.settle();
    const made = await world.deps.store.pipelines.list({ project: subject.project, limit: 5 });
    expect(made).toHaveLength(1);
  });

  const rows: readonly [string, () => [string, RequestInit], number][] = [
    [
      "forged with another secret",
      () => [
        door,
        {
          ...signed(push.body),
          headers: { ...push.headers, ...subject.sign(push.body, "whsec_b3RoZXI=", "x") },
        },
      ],
      401,
    ],
    ["no signature", () => [door, { headers: push.headers, body: push.body }], 401],
    [
      "bytes changed after signing",
      () => [
        door,
        {
          ...signed(push.body),
          body: edited((text) => text.replace("README", "readme").concat(" ")),
        },
      ],
      401,
    ],
    [
      "truncated on the way",
      () => [door, { ...signed(push.body), body: push.body.subarray(0, push.body.length / 2) }],
      401,
    ],
    ["truncated before it was signed", () => [door, signed(push.body.subarray(0, 100))], 200],
    ["no body", () => [door, signed(new Uint8Array())], 200],
    [
      "25 MB",
      () => [door, { headers: push.headers, body: new Uint8Array(25 * 1024 * 1024).fill(0x20) }],
      413,
    ],
    [
      "a project that nobody connected",
      () => [`/webhooks/${subject.name}/nobody/knows`, signed(push.body)],
      404,
    ],
    [
      "another project's payload, with this one's secret",
      () => [door, signed(edited((text) => text.replaceAll(subject.project, "someone/else")))],
      200,
    ],
    [
      "a project without its last level",
      () => [`/webhooks/${subject.name}/`, signed(push.body)],
      404,
    ],
    [
      "a path that climbs",
      () => [`/webhooks/${subject.name}/%2e%2e%2f%2e%2e%2fetc%2fpasswd`, signed(push.body)],
      404,
    ],
    ["broken percent encoding", () => [`/webhooks/${subject.name}/%ff%zz`, signed(push.body)], 404],
    ["JSON that is no object", () => [door, signed(bytesOf("[1]"))], 200],
    ["deeply nested JSON", () => [door, signed(bytesOf("[".repeat(200_000)))], 200],
    [
      "a form",
      () => {
        const form = bytesOf(new URLSearchParams({ payload: push.body.toString() }).toString());
        const part = subject.name === "gitea" ? push.body : form;
        const headers = {
          ...push.headers,
          ...subject.sign(part, subject.secret, "d-1"),
          "content-type": "application/x-www-form-urlencoded",
        };
        return [door, { headers, body: form }];
      },
      200,
    ],
    [
      "an event that is none of ours",
      () => {
        const body = bytesOf('{"object_kind":"deployment"}');
        const event = { [eventHeader[subject.name]]: "deployment" };
        return [door, signed(body, event)];
      },
      200,
    ],
  ];

  test.for(rows)("answers %s as it must and keeps nothing", async ([, make, status]) => {
    const [path, init] = make();
    const before = await stored();
    const answer = await request(path, init);
    expect(answer.status).toBe(status);
    const text = await answer.text();
    expect(text).not.toContain(subject.secret);
    expect(JSON.parse(text)).toEqual(expect.any(Object));
    expect(await stored()).toBe(before);
  });

  test("says in words what it made of a request that it did not use", async () => {
    const answer = await request(door, signed(bytesOf('{"object_kind":"push"}')));
    expect(await answer.json()).toEqual({
      result: "refused",
      why: expect.stringMatching(/missing or unexpected values/),
    });
  });

  test.for<[string, string, "queued" | "refused"]>([
    ["in other scripts", "größe/日本-🚀", "queued"],
    ["named as an option", "-x", "queued"],
    ["named as a longer option", "--upload-pack=touch", "queued"],
    ["with a shell's words", "$(touch${IFS}x);`id`|&'", "queued"],
    ["of dots", "..", "refused"],
    ["that climbs", "../../etc/passwd", "refused"],
    ["that climbs behind a line separator", "a\u2028/../../etc/passwd", "refused"],
    ["of one dot", ".", "refused"],
    ["with an empty part", "a//b", "refused"],
    ["that ends as git's locks do", "a.lock/b", "refused"],
    ["with a part of git's revisions", "main@{1}", "refused"],
    ["with a blank", "a b", "refused"],
    ["with line breaks", "a\nb\r\nx-injected: 1", "refused"],
    ["with a NUL", "a\u0000b", "refused"],
    ["of 100,000 letters", "b".repeat(100_000), "refused"],
    ["of 5,000,000 letters", "b".repeat(5_000_000), "refused"],
  ])("a ref %s is queued or refused as git would", async ([, name, expected]) => {
    const payload = JSON.parse(push.body.toString());
    if (subject.name === "bitbucket") payload.push.changes[0].new.name = name;
    else payload.ref = `refs/heads/${name}`;
    const answer = await request(door, signed(bytesOf(JSON.stringify(payload))));
    expect([200, 202]).toContain(answer.status);
    expect(answer.headers.has("x-injected")).toBe(false);
    const { result } = (await answer.json()) as { result: string };
    expect(result).toBe(expected);
    await world.settle();
    const made = await world.deps.store.pipelines.list({ project: subject.project, limit: 1 });
    if (result === "queued") expect(made[0]?.ref).toBe(name);
  });
});

test("GitLab's signed request that is older than five minutes is refused as a replay", async () => {
  const subject = subjects[0];
  if (subject === undefined) throw new Error("no subject");
  const body = readFileSync(new URL("../forge/gitlab/fixtures/push.json", import.meta.url));
  const send = (age: number) =>
    request(`/webhooks/gitlab/${subject.project}`, {
      headers: signedAt(body, subject.secret, "replayed", Date.now() - age),
      body,
    });
  const before = await stored();
  expect((await send(310_000)).status).toBe(401);
  expect(await stored()).toBe(before);
  expect((await send(10_000)).status).toBe(202);
});

test("10,000 branches in one push are taken as far as they fit, and the rest is told", async () => {
  const url = new URL("../forge/bitbucket/fixtures/push.json", import.meta.url);
  const payload = JSON.parse(readFileSync(url, "utf8"));
  const change = {
    old: null,
    new: { type: "branch", name: "", target: { hash: "b".repeat(40), type: "commit" } },
  };
  payload.push.changes = Array.from({ length: 10_000 }, (_, index) => ({
    ...change,
    new: { ...change.new, name: `branch-${index}` },
  }));
  const queue = { ...world.deps.queue, send: async () => undefined };
  const app = createApp({ service: { ...world.deps, queue }, mayReadPages: async () => false });
  const body = bytesOf(JSON.stringify(payload));
  const answer = await app.request("/webhooks/bitbucket/atlassian/bitbucket", {
    method: "POST",
    headers: {
      "x-event-key": "repo:push",
      "x-hub-signature": `sha256=${hmacHex(body, hmacSecrets.current)}`,
    },
    body,
  });
  expect(answer.status).toBe(202);
  const told = (await answer.json()) as { events: number; left_to_sweep: number };
  expect(told.events + told.left_to_sweep).toBe(10_000);
  expect(told.events).toBeGreaterThan(100);
});
