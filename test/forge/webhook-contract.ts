import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MalformedPayload, type WebhookReader } from "#forge/forge.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";

export type Sign = (body: Uint8Array, secret: string, id: string) => Record<string, string>;

/** What the suite must know about a forge to try its webhooks. */
export type WebhookSubject = {
  readonly reader: WebhookReader;
  /** Payloads as `<event>.json`, headers as `<event>.headers.json`, events as `<event>.golden.json`. */
  readonly fixtures: URL;
  /** The headers that say the request is authentic, and the delivery's id. */
  readonly sign: Sign;
  readonly secrets: {
    readonly current: string;
    readonly previous: string;
    readonly foreign: string;
  };
};

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

type Headered = Readonly<Record<string, string>>;

export function fixturesIn(directory: URL) {
  return readdirSync(directory)
    .filter((name) => /^[^.]+\.json$/.test(name))
    .map((file) => {
      const name = file.replace(/\.json$/, "");
      const headers: Headered = JSON.parse(
        readFileSync(new URL(`${name}.headers.json`, directory), "utf8"),
      );
      return { name, headers, body: readFileSync(new URL(file, directory)) };
    });
}

export function expectWellFormed(events: readonly TriggerEvent[]): void {
  for (const event of events) {
    if (event.kind === "ignored") {
      expect(event.why).not.toBe("");
      continue;
    }
    expect(event.project.path).not.toBe("");
    expect(Number.isSafeInteger(event.project.id)).toBe(true);
    if (event.kind === "rerun") {
      expect(event.sha).toMatch(/^[0-9a-f]{40}$/);
      expect(Number.isSafeInteger(event.pipelineId)).toBe(true);
      continue;
    }
    expect(event.ref).toMatch(/^refs\/./);
    expect(event.before).toMatch(/^[0-9a-f]{40}$/);
    if (!("sha" in event)) continue;
    expect(event.sha).toMatch(
      event.unresolved === "abbreviated" ? /^[0-9a-f]{12,39}$/ : /^[0-9a-f]{40}$/,
    );
    expect(event.sha).not.toMatch(/^0+$/);
    if (event.kind === "merge_request") expect(event.mergeRequest.sourceSha).toBe(event.sha);
  }
}

/** Every value whose key says that it is an address. */
function linksOf(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    typeof each === "string" ? (/url$/i.test(key) ? [each] : []) : linksOf(each),
  );
}

/** What every forge's webhooks promise. */
export function describeWebhooks(forge: string, subject: WebhookSubject): void {
  const { reader, secrets, sign } = subject;
  const fixtures = fixturesIn(subject.fixtures);
  const push = fixtures.find(({ name }) => name === "push");
  if (push === undefined) throw new Error(`${forge} has no fixture push.json`);
  const now = Date.now();
  const verify = (headers: Headered, body: Uint8Array, valid: readonly string[]) =>
    reader.verify({ headers: new Headers(headers), body }, valid, now);
  const parse = (headers: Headered, body: Uint8Array) =>
    reader.parse({ headers: new Headers(headers), body });

  describe(`${forge} events`, () => {
    test("a byte order mark in front of a payload changes nothing", () => {
      const marked = Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), push.body]);
      expect(parse(push.headers, marked)).toEqual(parse(push.headers, push.body));
    });

    test.for(fixtures)("$name becomes the events in its golden file", async (fixture) => {
      const events = parse(fixture.headers, fixture.body);
      expectWellFormed(events);
      await expect(`${JSON.stringify(events, null, 2)}\n`).toMatchFileSnapshot(
        new URL(`${fixture.name}.golden.json`, subject.fixtures).pathname,
      );
    });
  });

  describe(`${forge} addresses`, () => {
    test.for(fixtures)("of other schemes in $name are none", ({ headers, body }) => {
      const text = body.toString().replaceAll(/https?:\/\//g, "javascript://%0Aalert(1)//");
      const links = linksOf(parse(headers, bytesOf(text)));
      expect(links.filter((link) => link !== "" && !/^https?:\/\//.test(link))).toEqual([]);
    });
  });

  describe(`${forge} signatures`, () => {
    const { body } = push;
    const good = sign(body, secrets.current, "d-1");
    const emptied = Object.fromEntries(
      Object.entries(good).map(([name, value]) => [name, /signature/.test(name) ? "" : value]),
    );
    test.for<[string, Headered, Uint8Array, readonly string[], boolean]>([
      ["the current secret", good, body, [secrets.current], true],
      ["the second of two secrets", good, body, [secrets.previous, secrets.current], true],
      ["a secret that was rotated away", good, body, [secrets.previous], false],
      ["another's secret", sign(body, secrets.foreign, "d-1"), body, [secrets.current], false],
      ["no signature", {}, body, [secrets.current], false],
      ["an empty signature", emptied, body, [secrets.current, ""], false],
      ["no secret on our side", good, body, [], false],
      ["an empty secret on our side", good, body, [""], false],
      ["one more byte", good, Buffer.concat([body, Buffer.from(" ")]), [secrets.current], false],
      ["a truncated body", good, body.subarray(0, body.length - 1), [secrets.current], false],
      ["no body", good, new Uint8Array(), [secrets.current], false],
    ])("%s", async ([, headers, bytes, valid, authentic]) => {
      const result = await verify({ ...push.headers, ...headers }, bytes, valid);
      expect(result).toMatchObject(authentic ? { authentic, deliveryId: "d-1" } : { authentic });
      if (!result.authentic) {
        for (const secret of Object.values(secrets)) expect(result.why).not.toContain(secret);
      }
    });

    test("an id too strange for a key is hashed, and a missing one comes from the body", async () => {
      const idOf = async (id: string) => {
        const result = await verify(sign(body, secrets.current, id), body, [secrets.current]);
        return result.authentic ? result.deliveryId : undefined;
      };
      expect(await idOf("a#b/../c")).toMatch(/^[0-9a-f]{64}$/);
      expect(await idOf(`${"a".repeat(200)}1`)).not.toBe(await idOf(`${"a".repeat(200)}2`));
    });
  });

  describe(`${forge} payloads that are not as documented`, () => {
    test.for<[string, Uint8Array]>([
      ["nothing", new Uint8Array()],
      ["half of it", push.body.subarray(0, push.body.length / 2)],
      ["bytes that are not UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
      ["a list", bytesOf("[]")],
      ["null", bytesOf("null")],
    ])("%s is refused as malformed", ([, body]) => {
      expect(() => parse(push.headers, body)).toThrow(MalformedPayload);
    });

    test.for(fixtures)(
      "$name with any one value changed is read or refused, never shown",
      (one) => {
        for (const value of ["s3cret --upload-pack", null, -1, [], {}, true]) {
          for (const body of eachChanged(JSON.parse(one.body.toString()), value)) {
            try {
              expectWellFormed(parse(one.headers, bytesOf(JSON.stringify(body))));
            } catch (error) {
              if (!(error instanceof MalformedPayload)) throw error;
              expect(error.message).not.toContain("s3cret");
            }
          }
        }
      },
    );

    test.for(["__proto__", "constructor", "toString", "x\u0000y", "e".repeat(5000)])(
      "an event named %j is ignored",
      (event) => {
        const kinds = { object_kind: event };
        const headers = Object.fromEntries(
          Object.entries(push.headers).map(([name, value]) => [
            name,
            /event/.test(name) ? event.replace(/[\u0000]/g, "?") : value,
          ]),
        );
        const events = parse(headers, bytesOf(JSON.stringify({ ...JSON.parse("{}"), ...kinds })));
        expect(events).toMatchObject([{ kind: "ignored" }]);
        expect(JSON.stringify(events).length).toBeLessThan(300);
        expect(JSON.stringify(events)).not.toContain("u0000");
      },
    );
  });
}

/** Every body that differs from this one in one value, down to five levels. */
function* eachChanged(node: unknown, value: unknown, depth = 5): Generator<unknown> {
  if (depth === 0 || typeof node !== "object" || node === null) return;
  for (const [key, child] of Object.entries(node)) {
    const put = (changed: unknown) =>
      Array.isArray(node)
        ? node.map((each, index) => (String(index) === key ? changed : each))
        : { ...node, [key]: changed };
    yield put(value);
    for (const changed of eachChanged(child, value, depth - 1)) yield put(changed);
  }
}
