import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldReader } from "#forge/http/json-fields.ts";

// Nothing has the last one: the text is read to its end.
const read = fieldReader({ a: true, b: { c: true, "d\n": true }, absent: true });
const bytes = (text: string) => new TextEncoder().encode(text);

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
    expect(read(bytes(String(text)))).toEqual(expected);
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
    expect(() => read(bytes(text))).toThrow(SyntaxError);
  });

  test("are read up to the last of them, and nothing behind", () => {
    const two = fieldReader({ a: true, b: { c: true } });
    expect(two(bytes('{"a":1,"b":{"c":2,"x":[tru]}} \n'))).toEqual({ a: 1, b: { c: 2 } });
    expect(two(bytes('{"b":{"c":2,"x":[1]},"a":1,]}'))).toEqual({ a: 1, b: { c: 2 } });
    expect(() => two(bytes('{"b":{"c":2,"x":[tru]},"z":1}]'))).toThrow(SyntaxError);
    expect(() => two(bytes('{"a":1,"b":{"c":2,"x":["'))).toThrow(SyntaxError);
  });

  test("may hold any character, and bytes that are none are refused", () => {
    const value = { a: '日本-🚀 é \u0000 \\" \ud800', b: { c: "ü", "d\n": "\n" } };
    expect(read(bytes(JSON.stringify(value)))).toEqual(value);
    expect(() => read(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))).toThrow(
      SyntaxError,
    );
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
        expect(read(bytes(text))).toEqual(shaped(JSON.parse(text)));
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
