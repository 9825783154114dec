import { describe, expect, test } from "vitest";
import { coverageReader } from "#language/keyword/coverage.ts";

describe("coverage", () => {
  test.for([
    ["/Lines:\\s+\\d+\\.\\d+%/", "Lines:   83.25% of 12", 83.25],
    ["/Lines:\\s+(\\d+)%/", "10 files, Lines: 45%", 45],
    ["/\\d+%/", "10% then 20% then 30%", 30],
    ["/(\\d+)% of (\\d+)/", "12% of 340", 340],
    ["/total (\\d+)%|all (\\d+)%/", "all 7%", 7],
    ["/covered: .*/", "covered: 3 of 4 files, 075.50 %", 3],
    ["/covered: .*/", "covered: 075.50 %", 75.5],
    ["/^TOTAL.+?(\\d+%)$/", "TOTAL 10 5 88%\r", 88],
    ["/(?i)coverage: \\d+/", "COVERAGE: 9", 9],
    ["/coverage: \\d+/i", "COVERAGE: 9", 9],
    ["/Lines: \\d+/", "nothing of the kind", undefined],
    ["/done/", "done, without a number", undefined],
  ] as const)("%s finds in %s the number %s", ([literal, line, number]) => {
    expect(coverageReader(literal)?.(line)).toBe(number);
  });

  test.for(["no slashes", "/(?=ahead)/", "/(/"])("%s is no usable expression", (literal) => {
    expect(coverageReader(literal)).toBeUndefined();
  });
});
