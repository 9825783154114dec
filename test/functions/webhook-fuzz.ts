import { eventHeader, fixtures, makeWebhookWorld, subjects } from "./webhook-world.ts";

export type FuzzResult = {
  /** How many were answered with each status. */
  readonly answers: ReadonlyMap<number, number>;
  /** Answers other than 401 to requests that nobody signed. */
  readonly admitted: number;
  /** Deliveries kept of requests that nobody signed. */
  readonly keptOfUnsigned: number;
  /** Bytes of the heap after a collection: once warm, and at the end. */
  readonly heap: readonly [number, number];
};

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
/** So many requests make everything warm that is made once. */
const warm = 0.1;

/**
 * Sends so many payloads of all forges to the door, most of them with bytes changed, cut out, doubled or put in;
 * half are signed afterwards as their forge would. The same ones in every run.
 */
export async function fuzzWebhooks(
  requests: number,
  collectGarbage: () => void = () => undefined,
): Promise<FuzzResult> {
  const world = await makeWebhookWorld();
  const answers = new Map<number, number>();
  let admitted = 0;
  let keptOfUnsigned = 0;
  const heap = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  try {
    const below = numbers(20261121);
    const material = subjects.map((subject) => ({ subject, payloads: fixtures(subject) }));
    let first = heap();
    for (let number = 0; number < requests; number += 1) {
      if (number === Math.floor(requests * warm)) first = heap();
      const { subject, payloads } = pick(material, below);
      const { headers: named, body: original } = pick(payloads, below);
      const body = below(10) === 0 ? original : mutate(original, below);
      const signed = below(2) === 0;
      const headers: Record<string, string> = {
        ...named,
        ...subject.sign(body, signed ? subject.secret : "whsec_Zm9yZWlnbg==", `fuzz-${number}`),
      };
      // An authentic request stays so: only what is not part of the signature is changed there.
      const changeable = signed
        ? ["content-type", eventHeader[subject.name]]
        : Object.keys(headers);
      if (below(3) === 0) headers[pick(changeable, below)] = pick(strange, below);
      const before = await world.stored();
      const path = `/webhooks/${subject.name}/${subject.project}`;
      const { status } = await world.request(path, { headers, body });
      answers.set(status, (answers.get(status) ?? 0) + 1);
      if (!signed) {
        if (status !== 401) admitted += 1;
        keptOfUnsigned += (await world.stored()) - before;
      }
      world.forget();
    }
    return { answers, admitted, keptOfUnsigned, heap: [first, heap()] };
  } finally {
    await world.close();
  }
}

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
