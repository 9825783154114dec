import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFields } from "#forge/json-fields.ts";

const all = { a: true, b: { c: true, "d\n": true } } as const;

describe("fields of a JSON text", () => {
  test.for([
    ['{"a":1,"x":[1,{"y":"]}"}],"b":{"c":"é","z":{}}}', { a: 1, b: { c: "é" } }],
    [' {\n"x" : "\\\\" , "a" : "\\"}" }\t', { a: '"}' }],
    ['{"\\u0061":1}', { a: 1 }],
    ['{"a":1,"a":2}', { a: 2 }],
    ['{"b":null,"a":[{"c":1}]}', { b: null, a: [{ c: 1 }] }],
    ['{"__proto__":{"a":1}}', {}],
    ["{}", {}],
    ["[1]", [1]],
    ["null", null],
  ])("%j", ([text, expected]) => {
    expect(parseFields(String(text), all)).toEqual(expected);
  });

  test.for([
    "",
    "{",
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '{"a":1}}',
    '{"x":"',
    '{"x":"\\"}',
    '{"x":[}',
    '{"x":}',
    "{a:1}",
    '{"a":tru}',
    '{"a" 1}',
  ])("%j is no JSON", (text) => {
    expect(() => parseFields(text, all)).toThrow(SyntaxError);
  });

  test("are those that JSON.parse finds, in whatever text", () => {
    const names = fc.constantFrom("a", "b", "c", "d\n", "x", "\\", '"', "__proto__", "é");
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        fc.string({ unit: "binary" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(null, true, false),
        fc.array(tie("node"), { maxLength: 4 }),
        fc.array(fc.tuple(names, tie("node")), { maxLength: 5 }).map(Object.fromEntries),
      ),
    }));
    fc.assert(
      fc.property(node, fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseFields(text, all)).toEqual(shaped(JSON.parse(text)));
      }),
    );
  });
});

function shaped(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { a, b } = value;
  return {
    ...("a" in value ? { a } : {}),
    ...("b" in value ? { b: isObject(b) ? only(b, ["c", "d\n"]) : b } : {}),
  };
}

function only(value: Record<string, unknown>, names: readonly string[]): unknown {
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
