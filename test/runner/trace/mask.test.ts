import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskSecrets, maskTokensByPrefix, type StreamFilter } from "#runner/trace/mask.ts";

function inChunks(filter: StreamFilter, text: Buffer, cuts: readonly number[]): string {
  const points = [0, ...[...cuts].sort((a, b) => a - b), text.length];
  const out = points.slice(1).map((end, at) => filter.write(text.subarray(points[at], end)));
  return Buffer.concat([...out, filter.flush()]).toString();
}

/** What masking means, said in the slowest way: every byte of every occurrence is covered. */
function masked(text: string, secrets: readonly string[]): string {
  const regions: [number, number][] = [];
  for (let at = 0; at < text.length; at++) {
    for (const secret of secrets) {
      if (secret === "" || !text.startsWith(secret, at)) continue;
      const last = regions.at(-1);
      if (last && at < last[1]) last[1] = Math.max(last[1], at + secret.length);
      else regions.push([at, at + secret.length]);
    }
  }
  let out = "";
  let position = 0;
  for (const [start, end] of regions) {
    out += `${text.slice(position, start)}[MASKED]`;
    position = end;
  }
  return out + text.slice(position);
}

const few = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 5 });
const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "x"), maxLength: 40 });

describe("maskSecrets", () => {
  test("gives the same for any split of the text as for the whole", () => {
    fc.assert(
      fc.property(
        text,
        fc.array(few, { maxLength: 4 }),
        fc.array(fc.nat(40), { maxLength: 8 }),
        (whole, secrets, cuts) => {
          const bytes = Buffer.from(whole);
          const within = cuts.map((cut) => Math.min(cut, bytes.length));
          expect(inChunks(maskSecrets(secrets), bytes, within)).toBe(masked(whole, secrets));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("hides a secret at every point at which it can be cut in two", () => {
    const whole = Buffer.from("before s3cret-välue after");
    for (let cut = 0; cut <= whole.length; cut++) {
      const shown = inChunks(maskSecrets(["s3cret-välue"]), whole, [cut]);
      expect(shown).toBe("before [MASKED] after");
    }
  });

  test.for([
    [
      "the longer of two secrets that begin alike",
      ["token", "token-and-more"],
      "x token-and-more y",
      "x [MASKED] y",
    ],
    ["secrets that overlap, as one", ["name=abc", "abcdef"], "name=abcdef!", "[MASKED]!"],
    ["secrets side by side, as two", ["abc"], "abcabc", "[MASKED][MASKED]"],
    ["nothing where there are no secrets", [], "text", "text"],
    ["nothing for an empty secret", [""], "text", "text"],
  ] as const)("hides %s", ([, secrets, whole, shown]) => {
    expect(inChunks(maskSecrets(secrets), Buffer.from(whole), [])).toBe(shown);
  });

  test("holds nothing back that cannot become a secret", () => {
    expect(maskSecrets(["secret"]).write(Buffer.from("a line\n")).toString()).toBe("a line\n");
  });
});

describe("maskTokensByPrefix", () => {
  test.for([
    ["glpat-abc_123 end", "glpat-[MASKED] end"],
    ["twice glpat-a glpat-b", "twice glpat-[MASKED] glpat-[MASKED]"],
    ["glpat-", "glpat-"],
    ["glpat- none", "glpat- none"],
    ["glpat-[MASKED]", "glpat-[MASKED]"],
    ["a gldt-x.y=z\n", "a gldt-[MASKED]\n"],
  ] as const)("shows %j as %j, wherever it is cut", ([whole, shown]) => {
    for (let cut = 0; cut <= whole.length; cut++) {
      const filter = maskTokensByPrefix(["glpat-", "gldt-"]);
      expect(inChunks(filter, Buffer.from(whole), [cut])).toBe(shown);
    }
  });
});
