import { describe, expect, test } from "vitest";
import { parseDotenv } from "#service/artifacts/parse-dotenv.ts";

function read(text: string | Uint8Array) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const parsed = parseDotenv(bytes);
  return "error" in parsed
    ? parsed.error
    : Object.fromEntries(parsed.variables.map(({ key, value }) => [key, value]));
}

describe("a dotenv report", () => {
  test.for<[string, string | Uint8Array, Record<string, string>]>([
    ["is made of KEY=value lines", "A=1\nB=two words\n", { A: "1", B: "two words" }],
    ["needs no line break at its end", "A=1", { A: "1" }],
    ["may have Windows line breaks", "A=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["may be empty", "", {}],
    ["keeps what follows the first equals sign", "URL=http://x/?a=b", { URL: "http://x/?a=b" }],
    ["knows empty values", "A=", { A: "" }],
    ["keeps quotes as they are", `A='x'\nB="y"`, { A: "'x'", B: '"y"' }],
    ["loses spaces around key and value", " A = 1 ", { A: "1" }],
    ["lets the later of two equal keys win", "A=1\nA=2", { A: "2" }],
    ["may have keys that start with a digit", "1A=x", { "1A": "x" }],
    ["may begin with a byte order mark", "\uFEFFA=1", { A: "1" }],
    ["may be UTF-16 as PowerShell writes it", Buffer.from("\uFEFFA=ä\r\n", "utf16le"), { A: "ä" }],
  ])("%s", ([, text, expected]) => {
    expect(read(text)).toEqual(expected);
  });

  test.for<[string, string, RegExp]>([
    ["a line without an equals sign", "A=1\nnothing", /Line 2 .* is not KEY=value/],
    ["an empty line", "A=1\n\nB=2", /Line 2/],
    ["a comment", "# A=1", /letters, digits/],
    ["a key with a dash", "A-B=1", /letters, digits/],
    ["a key of two words", "export A=1", /letters, digits/],
    ["no key", "=1", /letters, digits/],
    ["more than 5 KB", `A=${"x".repeat(5 * 1024)}`, /at most 5120 bytes/],
    [
      "more than 150 variables",
      Array.from({ length: 151 }, (_, index) => `K${index}=1`).join("\n"),
      /at most 150 variables/,
    ],
  ])("with %s is refused", ([, text, message]) => {
    expect(read(text)).toMatch(message);
  });
});
