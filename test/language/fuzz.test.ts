import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileCase } from "./compile-case.ts";

const folder = new URL("../cases/", import.meta.url).pathname;
const texts = readdirSync(folder).map((name) =>
  readFileSync(join(folder, name, ".gitlab-ci.yml"), "utf8"),
);
const words = [...new Set(texts.join("\n").match(/[\w.$-]+|[^\w\s]+/g) ?? [])];

type Mutation = { readonly at: number; readonly length: number; readonly text: string };

/** Pieces of one file cut out, doubled, swapped for words of other files, or for anything. */
const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat({ max: 30 }),
    text: fc.oneof(
      fc.constantFrom(...words),
      fc.constantFrom(
        "\n",
        "\n  ",
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "*a",
        "&a ",
        "<<: ",
        "~",
        "---\n",
      ),
      fc.string({ maxLength: 8, unit: "binary" }),
    ),
  }),
  { minLength: 1, maxLength: 6 },
);

function mutated(text: string, changes: readonly Mutation[]): string {
  return changes.reduce((result, { at, length, text: put }) => {
    const start = Math.floor(at * result.length);
    return result.slice(0, start) + put + result.slice(start + length);
  }, text);
}

test("a mutated file compiles, or is refused with errors that say where", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...texts), mutations, async (text, changes) => {
      const result = await compileCase(mutated(text, changes));
      const errors = result.diagnostics.filter(({ severity }) => severity === "error");
      expect(errors.length > 0).toBe(result.status === "invalid");
      for (const { line, column, message } of result.diagnostics) {
        expect(line).toBeGreaterThan(0);
        expect(column).toBeGreaterThan(0);
        expect(message).not.toBe("");
      }
    }),
    { numRuns: 600 },
  );
});

test("any text at all is an answer, not an exception", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), async (text) => {
      const result = await compileCase(text);
      expect(["created", "filtered", "invalid"]).toContain(result.status);
    }),
    { numRuns: 300 },
  );
});
