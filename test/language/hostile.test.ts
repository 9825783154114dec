import { describe, expect, test } from "vitest";
import { compileCase } from "./compile-case.ts";

const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("");

// Each of these took seconds, or all the memory, in some form of the compiler or of its YAML library.
const refused: readonly (readonly [name: string, text: string, message: string])[] = [
  ["10 MB", `a:\n  script: ${"x".repeat(10_000_000)}`, "1,048,576 bytes"],
  ["half a million open brackets", `a: ${"[".repeat(500_000)}`, "100 levels deep"],
  ["nested maps in one line", `a: ${"{a: ".repeat(200_000)}`, "100 levels deep"],
  ["nested lists in one line", `${"- ".repeat(400_000)}x`, "100 levels deep"],
  ["1,000 levels of indentation", many(1_000, (i) => `${" ".repeat(i)}a:\n`), "100 levels deep"],
  ["10,000 jobs", many(10_000, (i) => `job${i}:\n  script: make\n`), "10,000 jobs in the file"],
  ["a million blank lines", "\n".repeat(1_000_000), "250,000 words"],
  ["400,000 unmatched quotes", "'\"".repeat(400_000), "250,000 words"],
  ["a matrix of 5,000 × 5,000", matrix(5_000), "25,000,000 jobs"],
  [
    "1,000 jobs of 200 instances",
    many(1_000, (i) => `j${i}: {script: x, parallel: 200}\n`),
    "5,000",
  ],
  ["references that double 9 times 20-fold", referenceBomb(), "500,000 values"],
  ["5,000 globals in each of 1,000 jobs", manyVariables(), "20,000,000 characters"],
  ["jobs that need one another in a circle", needsCircle(2_000), "in a circle"],
  ["1,500 planned jobs", many(1_500, (i) => `j${i}: {script: x}\n`), "the limit is 1,000"],
];

function matrix(size: number): string {
  const values = `[${many(size, (i) => `${i}, `)}]`;
  return `a:\n  script: x\n  parallel:\n    matrix:\n      - A: ${values}\n        B: ${values}\n`;
}

function referenceBomb(): string {
  const twenty = (next: number) => many(20, () => `!reference [.a${next}, script], `);
  const levels = many(9, (i) => `.a${i}: {script: [${twenty(i + 1)}]}\n`);
  return `${levels}.a9: {script: x}\na: {script: [!reference [.a0, script]]}\n`;
}

function manyVariables(): string {
  const variables = many(5_000, (i) => `  V${i}: value\n`);
  return `variables:\n${variables}${many(1_000, (i) => `j${i}: {script: x}\n`)}`;
}

function needsCircle(size: number): string {
  return many(size, (i) => `j${i}: {needs: [j${(i + 1) % size}], script: x}\n`);
}

describe("compile refuses what is out of bounds and names the limit", () => {
  test.for(refused)("%s", async ([, text, message]) => {
    const result = await compileCase(text);
    expect(result.status).toBe("invalid");
    expect(result.diagnostics.map((one) => one.message).join("\n")).toContain(message);
  });
});

const harmless: readonly (readonly [name: string, text: string])[] = [
  ["one script of a megabyte", `a:\n  script: "${"x".repeat(1_040_000)}"`],
  ["a list of 20,000 commands", `a:\n  script:\n${many(20_000, () => "    - x\n")}`],
  [
    "60,000 open interpolations",
    `spec: {inputs: {a: {default: x}}}\n---\na:\n  script: "${"$[[ ".repeat(200_000)}"`,
  ],
  ["1,000 variables that refer to the next", chainedVariables(1_000)],
  ["expensive patterns for 500 jobs", many(500, expensiveRule)],
];

function chainedVariables(size: number): string {
  return `variables:\n${many(size, (i) => `  V${i}: $V${i + 1}\n`)}a: {script: x}\n`;
}

function expensiveRule(index: number): string {
  return `j${index}:\n  script: x\n  rules: [{if: "$CI_COMMIT_BRANCH =~ /^(a|b|c)*m${index}/"}, {when: always}]\n`;
}

describe("compile takes in its stride", () => {
  test.for(harmless)("%s", async ([, text]) => {
    const result = await compileCase(text);
    expect(result.diagnostics).toEqual([]);
    expect(result.status).toBe("created");
  });
});

test("the number of findings is bounded", async () => {
  const result = await compileCase(many(3_000, (i) => `j${i}:\n  scripts: x\n`));
  expect(result.diagnostics).toHaveLength(100);
});
