import { expect, test } from "vitest";
import { eventHeader, fixtures, makeWebhookWorld, subjects } from "./webhook-world.ts";

/** A full run of the size: `SLIPWAY_FUZZ_REQUESTS=100000`. */
const requests = Number(process.env.SLIPWAY_FUZZ_REQUESTS ?? 3000);

/** Numbers that look random and are the same in every run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const pieces = [
  "null",
  "{}",
  "[]",
  '"',
  "\\",
  "-1",
  "1e999",
  "refs/heads/",
  "\u0000",
  "é",
  "}",
  ",",
];
const strange = [
  "",
  "a",
  "sha256=",
  "v1,",
  "=",
  "%00",
  "x".repeat(9000),
  "application/json; charset=x",
];

test(`${requests} mutated requests are answered below 500, and unauthentic ones leave nothing`, {
  timeout: 60_000 + requests * 20,
}, async () => {
  const world = await makeWebhookWorld();
  try {
    const below = numbers(20261121);
    const material = subjects.map((subject) => ({ subject, payloads: fixtures(subject) }));
    const seen = new Map<number, number>();
    for (let number = 0; number < requests; number += 1) {
      const { subject, payloads } = pick(material, below);
      const { headers: named, body: original } = pick(payloads, below);
      const body = below(10) === 0 ? original : mutate(original, below);
      const signed = below(2) === 0;
      const headers: Record<string, string> = {
        ...named,
        ...subject.sign(body, signed ? subject.secret : "whsec_Zm9yZWlnbg==", `fuzz-${number}`),
      };
      const names = Object.keys(headers);
      // An authentic request stays so: only what is not part of the signature is changed there.
      const changeable = signed ? ["content-type", eventHeader[subject.name]] : names;
      if (below(3) === 0) headers[pick(changeable, below)] = pick(strange, below);
      const before = signed ? 0 : await world.stored();
      const answer = await world.request(`/webhooks/${subject.name}/${subject.project}`, {
        headers,
        body,
      });
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
      expect([200, 202, 400, 401]).toContain(answer.status);
      if (!signed) {
        expect(answer.status).toBe(401);
        expect(await world.stored()).toBe(before);
      }
    }
    expect([...seen.keys()].sort()).toEqual([200, 202, 400, 401]);
  } finally {
    await world.close();
  }
});

function pick<T>(list: readonly T[], below: (limit: number) => number): T {
  const one = list[below(list.length)];
  if (one === undefined) throw new Error("nothing to pick from");
  return one;
}

/** Bytes changed, cut out, doubled or put in, at up to four places. */
function mutate(original: Uint8Array, below: (limit: number) => number): Uint8Array {
  let bytes = Buffer.from(original);
  for (let times = 1 + below(4); times > 0; times -= 1) {
    const at = below(bytes.length + 1);
    const until = Math.min(bytes.length, at + below(40));
    const inserted = [
      Buffer.from(pick(pieces, below)),
      Buffer.of(below(256)),
      bytes.subarray(at, until),
      Buffer.alloc(0),
    ];
    const kept = bytes.subarray(below(2) === 0 ? at : until);
    bytes = Buffer.concat([bytes.subarray(0, at), pick(inserted, below), kept]);
  }
  return bytes;
}
