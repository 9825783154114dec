import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import type { Diagnostic } from "#language/diagnostic.ts";
import {
  diagnosticBlock,
  diagnosticLine,
  diagnosticsText,
} from "../../../cli/author/diagnostic-text.ts";

const unknownKey: Diagnostic = {
  severity: "error",
  code: "unknown-key",
  message: "`imgae` is not a keyword of a job.",
  path: "jobs:build:imgae",
  file: "ci/build.yml",
  line: 2,
  column: 3,
};

describe("diagnosticLine", () => {
  test.for<[string, Partial<Diagnostic>, string]>([
    ["an error", {}, "ci/build.yml:2:3: error unknown-key: `imgae` is not a keyword of a job."],
    [
      "a warning",
      { severity: "warning", code: "no-effect", message: "No." },
      "ci/build.yml:2:3: warning no-effect: No.",
    ],
    [
      "a message with line breaks",
      { message: "one\ntwo" },
      "ci/build.yml:2:3: error unknown-key: one two",
    ],
    [
      "escape sequences from the file",
      { message: "\u001b]0;x\u0007\u202e" },
      "ci/build.yml:2:3: error unknown-key: \\u001b]0;x\\u0007\\u202e",
    ],
  ])("writes %s on one line", ([, change, line]) => {
    expect(diagnosticLine({ ...unknownKey, ...change })).toBe(line);
  });

  test("gives a finding about the whole file the first line, so that editors can go there", () => {
    const { line: _line, column: _column, ...whole } = unknownKey;
    expect(diagnosticLine(whole)).toMatch(/^ci\/build.yml:1:1: /);
  });
});

describe("diagnosticBlock", () => {
  test("adds the line with a caret where the text is known", () => {
    const block = diagnosticBlock(unknownKey, "build:\n  imgae: x\n", { columns: 80 });
    expect(stripVTControlCharacters(block).split("\n")).toEqual([
      "ci/build.yml:2:3: error unknown-key: `imgae` is not a keyword of a job.",
      "    2 |   imgae: x",
      "      |   ^",
    ]);
  });

  test.for<[string, string | undefined]>([
    ["is not known", undefined],
    ["is shorter than the finding says", "build:"],
  ])("is one line where the text %s", ([, text]) => {
    expect(diagnosticBlock(unknownKey, text, { columns: 80 })).not.toContain("\n");
  });
});

test("without a terminal, each diagnostic is one line without colour", () => {
  const text = diagnosticsText([unknownKey, unknownKey], () => "a\nb\n", undefined);
  expect(text).toBe(`${diagnosticLine(unknownKey)}\n${diagnosticLine(unknownKey)}`);
});
