import { describe, expect, test } from "vitest";
import { plainScalar } from "#language/yaml/scalar.ts";

const place = { source: { file: "x.yml", lineStarts: [0] }, offset: 0 };

// Left: as written without quotes. Right: value and text that Ruby's loader gives.
const rows: readonly (readonly [source: string, value: unknown, text: string])[] = [
  ["", null, ""],
  ["~", null, ""],
  ["Null", null, ""],
  ["yes", true, "true"],
  ["ON", true, "true"],
  ["no", false, "false"],
  ["Off", false, "false"],
  ["y", "y", "y"],
  ["nope", "nope", "nope"],
  ["0", 0, "0"],
  ["-17", -17, "-17"],
  ["+5", 5, "5"],
  ["1_000", 1000, "1000"],
  ["0644", 420, "420"],
  ["08", "08", "08"],
  ["0x1F", 31, "31"],
  ["0b101", 5, "5"],
  ["123456789012345678901234567890", 1.2345678901234568e29, "123456789012345678901234567890"],
  ["1.10", 1.1, "1.1"],
  ["3.0", 3, "3.0"],
  [".5", 0.5, "0.5"],
  ["1.5e+20", 1.5e20, "1.5e+20"],
  ["0.00001", 0.00001, "1.0e-05"],
  ["1e3", "1e3", "1e3"],
  ["1.2.3", "1.2.3", "1.2.3"],
  ["v1", "v1", "v1"],
  ["22:30", 1350, "1350"],
  ["1:30:00", 5400, "5400"],
  ["22:61", "22:61", "22:61"],
  ["2026-01-02", "2026-01-02", "2026-01-02"],
  ["-", "-", "-"],
  [".", ".", "."],
  ["0x", "0x", "0x"],
  ["+", "+", "+"],
];

describe("plainScalar", () => {
  test.for(rows)("reads %s", ([source, value, text]) => {
    expect(plainScalar(source, place)).toMatchObject({ value, text });
  });
});
