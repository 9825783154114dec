import { describe, expect, test } from "vitest";
import { plain } from "#language/tree/node.ts";
import { createReport } from "#language/tree/report.ts";
import { parseYaml } from "#language/yaml/parse-yaml.ts";
import { partsOf } from "#language/yaml/parts.ts";

function starts(text: string): readonly number[] | undefined {
  const lineStarts = [0];
  for (const match of text.matchAll(/\n/g)) lineStarts.push(match.index + 1);
  return partsOf(text, lineStarts);
}

describe("the entries of a text that is one map begin where a line begins with a key", () => {
  test.for<[string, readonly number[]]>([
    ["a: 1\nb: 2\n", [0, 5]],
    ["a:\n  b: 1\n  c: 2\nd: 3", [0, 17]],
    ["# comment\n\na: 1\n# comment\nb: 2", [11, 26]],
    ["---\na: 1\nb: 2", [4, 9]],
    ["a:\n- x\n- y\nb: 2", [0, 11]],
    ["'a': 1\n\"b\": 2", [0, 7]],
    [".a: 1\n<<: 2", [0, 6]],
  ])("%j", ([text, expected]) => {
    expect(starts(text)).toEqual(expected);
  });
});

describe("other texts are read as a whole", () => {
  test.for([
    "a: 1",
    "a: 1\n---\nb: 2",
    "a: 1\nb: 2\n...\n",
    "%YAML 1.2\n---\na: 1\nb: 2",
    "--- # marked\n---\na: 1\nb: 2",
    "--- {a: 1}\nb: 2",
    "  a: 1\nb: 2\nc: 3",
    "&x\na: 1\nb: 2",
    "- a\n- b",
    "",
  ])("%j", (text) => {
    expect(starts(text)).toBeUndefined();
  });
});

function read(text: string): unknown {
  const report = createReport();
  const root = parseYaml(text, "f", report)?.[0]?.read();
  return root === undefined ? report.diagnostics().map(({ message }) => message) : plain(root);
}

describe("reading entry by entry means what reading the whole means", () => {
  test.for<[string, unknown]>([
    ["a: &x [1]\nb: *x", { a: [1], b: [1] }],
    ["a: &x {k: 1}\nb:\n  <<: *x\n  l: 2", { a: { k: 1 }, b: { k: 1, l: 2 } }],
    ["a: {k: 1}\n<<: {a: 2, b: 3}", { a: 2, b: 3 }],
    ["a: |\n  text\n\n\nb: 1", { a: "text\n", b: 1 }],
    ["a: |+\n  text\n\nb: 1", { a: "text\n\n", b: 1 }],
    ["a: 1\nb: 2\na: 3", { a: 3, b: 2 }],
    ["a: 1\r\nb: 2\r\n", { a: 1, b: 2 }],
    ["\uFEFFa: 1\nb: 2", { a: 1, b: 2 }],
  ])("%j", ([text, expected]) => {
    expect(read(text)).toEqual(expected);
  });

  test("quoted text and brackets that go on at the margin are no entries of their own", () => {
    expect(read('a: "one\nb: two"\nc: 3')).toEqual(['Not valid YAML: Missing closing "quote']);
    expect(read("a: [\n  b: 1,\n]\nc: 3")).toEqual({ a: [{ b: 1 }], c: 3 });
    expect(read("a: [\nb: 1,\n]\nc: 3")).toEqual([expect.stringContaining("end with a ]")]);
  });

  test("an alias of an anchor further down is refused", () => {
    expect(read("a: *x\nb: &x 1")).toEqual([
      "There is no anchor &x above this alias in the same file.",
    ]);
  });
});
