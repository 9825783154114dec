import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plain, type SourceText, sourceText } from "#language/tree/node.ts";
import { createReport } from "#language/tree/report.ts";
import { compose } from "#language/yaml/compose.ts";
import { createConverter } from "#language/yaml/convert.ts";
import { partsOf } from "#language/yaml/parts.ts";
import { mayBePlain, readPlainEntry } from "#language/yaml/plain.ts";

/** What the library makes of an entry: key and value, with all places; the word `refused` where it finds fault. */
function byLibrary(text: string, start: number, end: number, source: SourceText): unknown {
  const composed = compose(text.slice(start, end));
  if (!composed.ok || composed.documents.length !== 1) return "refused";
  const report = createReport();
  const contents = composed.documents[0]?.contents ?? null;
  const map = createConverter(source, report).map([{ contents, offset: start }]);
  if (report.diagnostics().length > 0) return "refused";
  return [...map.entries].map(([key, entry]) => ({ key, entry }));
}

/** Both readings of each entry that is plain. */
function readings(text: string): { readonly plain: unknown; readonly library: unknown }[] {
  if (!mayBePlain(text)) return [];
  const source = sourceText("f", text);
  const starts = partsOf(text, source.lineStarts) ?? [];
  return starts.flatMap((start, index) => {
    const end = starts[index + 1] ?? text.length;
    const entry = readPlainEntry(text, start, end, source);
    return entry === undefined
      ? []
      : [{ plain: [entry], library: byLibrary(text, start, end, source) }];
  });
}

function expectSame(text: string): number {
  const both = readings(text);
  for (const reading of both) expect(reading.plain).toEqual(reading.library);
  return both.length;
}

const folder = new URL("../../cases/", import.meta.url).pathname;
const texts = readdirSync(folder).map((name) =>
  readFileSync(join(folder, name, ".gitlab-ci.yml"), "utf8"),
);

test("what is plain in all cases is read as the library reads it, to the column", () => {
  const count = texts.reduce((sum, text) => sum + expectSame(text), 0);
  expect(count).toBeGreaterThan(100);
});

const pieces = fc.constantFrom(
  ..."a b: key -x $X 'q' \"q\" [a, b] | |- # : - yes 010 1.50 2024-01-02 ~ null {} & * ! ,".split(
    " ",
  ),
  "\n",
  "\n  ",
  "\n    ",
  "\n  - ",
  "\n    - ",
  ": ",
  " ",
  "a: ",
  "- a: ",
  ": |\n",
  "\n\n",
  "\n  # comment\n",
);

test("any mixture of its signs is read as the library reads it, or left to it", () => {
  const text = fc.array(pieces, { maxLength: 25 }).map((parts) => `a:${parts.join("")}\nz: 1\n`);
  fc.assert(
    fc.property(text, (written) => {
      expectSame(written);
    }),
    { numRuns: 3_000 },
  );
});

test("a mutated file is read as the library reads it, or left to it", () => {
  const change = fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 12 }), pieces);
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(change, { maxLength: 4 }), (text, changes) => {
      const mutated = changes.reduce(
        (result, [at, length, put]) => result.slice(0, at) + put + result.slice(at + length),
        text,
      );
      expectSame(mutated);
    }),
    { numRuns: 1_500 },
  );
});

function value(text: string): unknown {
  const written = `${text}z: 1\n`;
  const found = readPlainEntry(written, 0, text.length, sourceText("f", written));
  return found === undefined ? "left to the library" : plain(found.entry.value);
}

describe("an entry is read", () => {
  test.for<[string, unknown]>([
    ["a: 1\n", 1],
    ["a: yes # comment\n", true],
    ["a: it's\n", "it's"],
    ["a:\n  b: x\n  c: 'y'\n", { b: "x", c: "y" }],
    ["a:\n- x\n- y\n", ["x", "y"]],
    ["a:\n  - b: 1\n    c: 2\n  - d: 3\n", [{ b: 1, c: 2 }, { d: 3 }]],
    ['a: [x, "y, z", $V]\n', ["x", "y, z", "$V"]],
    ["a:\n  - |\n    one\n\n      two\n  - three\n", ["one\n\n  two\n", "three"]],
    ["a:\n  # comment\n\n  b: |-\n    text\n\n", { b: "text" }],
  ])("%j", ([text, expected]) => {
    expect(value(text)).toEqual(expected);
  });
});

describe("an entry is left to the library", () => {
  test.for([
    "a:\n",
    "a: &x 1\n",
    "a: *x\n",
    "a: !reference [b, c]\n",
    "a: {b: c}\n",
    "a: one\n  two\n",
    'a: "\\n"\n',
    "a: 'it''s'\n",
    "a: >\n  x\n",
    "a: |2\n   x\n",
    "a: |\n ",
    "a: |\n \n",
    "a:\n  <<: x\n",
    "a:\n  b: 1\n  b: 2\n",
    "a: 2024-01-02\n",
    "a: b: c\n",
    "a:\n  - - x\n",
    "a:\n    b: 1\n  c: 2\n",
  ])("%j", (text) => {
    expect(value(text)).toBe("left to the library");
  });
});
