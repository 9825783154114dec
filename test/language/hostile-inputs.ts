import type { CaseRequest } from "./compile-case.ts";

export type HostileInput = {
  readonly name: string;
  readonly text: string;
  readonly request?: CaseRequest;
  /** What the error says; absent where the input is merely large, and fine. */
  readonly message?: string;
};

const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("");

function matrix(size: number): string {
  const values = `[${many(size, (i) => `${i}, `)}]`;
  return `a:\n  script: x\n  parallel:\n    matrix:\n      - A: ${values}\n        B: ${values}\n`;
}

function referenceBomb(): string {
  const twenty = (next: number) => many(20, () => `!reference [.a${next}, script], `);
  const levels = many(9, (i) => `.a${i}: {script: [${twenty(i + 1)}]}\n`);
  return `${levels}.a9: {script: x}\na: {script: [!reference [.a0, script]]}\n`;
}

function aliasBomb(merge: boolean): string {
  const nine = (at: number) => many(9, () => `*a${at}, `);
  const levels = many(30, (i) => `.a${i + 1}: &a${i + 1} [${nine(i)}]\n`);
  const maps = many(
    30,
    (i) => `.a${i + 1}: &a${i + 1} {x: {<<: [${nine(i)}]}, y: *a${i}, z: *a${i}}\n`,
  );
  return merge
    ? `.a0: &a0 {k: v}\n${maps}a: {script: x}`
    : `.a0: &a0 [x]\n${levels}a: {script: *a30}`;
}

function extendsBomb(): string {
  const parents = (next: number) => many(50, () => `.a${next}, `);
  const levels = many(10, (i) => `.a${i}: {extends: [${parents(i + 1)}], variables: {V${i}: x}}\n`);
  return `${levels}.a10: {script: x}\n${many(500, (i) => `j${i}: {extends: .a1}\n`)}`;
}

function manyVariables(): string {
  const variables = many(5_000, (i) => `  V${i}: value\n`);
  return `variables:\n${variables}${many(1_000, (i) => `j${i}: {script: x}\n`)}`;
}

/** Each variable is the next one twice: 2^30 characters, if anybody wrote them out. */
function doublingVariables(): string {
  const variables = many(30, (i) => `  V${i}: $V${i + 1}$V${i + 1}\n`);
  const uses =
    "resource_group: $V0, environment: {name: $V0}, tags: [$V0], cache: {paths: [x], policy: $V0}";
  return `variables:\n${variables}  V30: x\nworkflow: {name: $V0}\na: {script: x, ${uses}}\n`;
}

function circle(size: number, entry: (index: number, next: number) => string): string {
  return many(size, (i) => entry(i, (i + 1) % size));
}

function includesDeep(depth: number): Readonly<Record<string, string>> {
  const files = Array.from({ length: depth }, (_, i) => [
    `f${i}.yml`,
    i + 1 < depth ? `include: f${i + 1}.yml\n` : "a: {script: x}\n",
  ]);
  return Object.fromEntries(files);
}

const paths = Object.fromEntries(
  Array.from({ length: 60_000 }, (_, i) => [`folder${i % 300}/file${i}.txt`, ""]),
);

/** Refused, each by an error that names the limit or the mistake. */
export const refused: readonly HostileInput[] = [
  { name: "10 MB", text: `a:\n  script: ${"x".repeat(10_000_000)}`, message: "1,048,576 bytes" },
  {
    name: "half a million open brackets",
    text: `a: ${"[".repeat(500_000)}`,
    message: "100 levels deep",
  },
  {
    name: "nested maps in one line",
    text: `a: ${"{a: ".repeat(200_000)}`,
    message: "100 levels deep",
  },
  {
    name: "nested lists in one line",
    text: `${"- ".repeat(400_000)}x`,
    message: "100 levels deep",
  },
  {
    name: "1,000 levels of indentation",
    text: many(1_000, (i) => `${" ".repeat(i)}a:\n`),
    message: "100 levels deep",
  },
  {
    name: "10,000 jobs",
    text: many(10_000, (i) => `job${i}:\n  script: make\n`),
    message: "10,000 jobs in the file",
  },
  { name: "a million blank lines", text: "\n".repeat(1_000_000), message: "250,000 words" },
  { name: "400,000 unmatched quotes", text: "'\"".repeat(400_000), message: "250,000 words" },
  {
    name: "aliases that multiply 30 times 9-fold",
    text: aliasBomb(false),
    message: "500,000 values",
  },
  { name: "maps that multiply as aliases", text: aliasBomb(true), message: "500,000 values" },
  {
    name: "an alias inside its own value",
    text: "a: &a {script: [*a]}",
    message: "inside the value",
  },
  { name: "a matrix of 200 × 200", text: matrix(200), message: "40,000 jobs; the limit is 200" },
  { name: "a matrix of 5,000 × 5,000", text: matrix(5_000), message: "25,000,000 jobs" },
  {
    name: "1,000 jobs of 200 instances",
    text: many(1_000, (i) => `j${i}: {script: x, parallel: 200}\n`),
    message: "5,000",
  },
  {
    name: "references that double 9 times 20-fold",
    text: referenceBomb(),
    message: "500,000 values",
  },
  {
    name: "references in a circle",
    text: ".a: {s: [!reference [.b, s]]}\n.b: {s: [!reference [.a, s]]}\na: {script: !reference [.a, s]}",
    message: "in a circle",
  },
  {
    name: "5,000 globals in each of 1,000 jobs",
    text: manyVariables(),
    message: "20,000,000 characters",
  },
  {
    name: "jobs that need one another in a circle",
    text: circle(2_000, (i, next) => `j${i}: {needs: [j${next}], script: x}\n`),
    message: "in a circle",
  },
  {
    name: "jobs that extend one another in a circle",
    text: circle(1_000, (i, next) => `j${i}: {extends: j${next}, script: x}\n`),
    message: "limit",
  },
  {
    name: "variables that refer to one another in a circle",
    text: `variables:\n${circle(5_000, (i, next) => `  V${i}: $V${next}\n`)}a: {script: x}`,
    message: "circular variable reference",
  },
  {
    name: "1,500 planned jobs",
    text: many(1_500, (i) => `j${i}: {script: x}\n`),
    message: "the limit is 1,000",
  },
  {
    name: "included files 151 deep",
    text: "include: f0.yml",
    request: { files: includesDeep(151) },
    message: "More than 150 files",
  },
  {
    name: "a file that includes itself",
    text: "include: a.yml",
    request: { files: { "a.yml": "include: a.yml" } },
    message: "More than 150 files",
  },
  {
    name: "a file that includes itself twice",
    text: "include: a.yml",
    request: { files: { "a.yml": "include: [a.yml, a.yml]" } },
    message: "More than 150 files",
  },
  {
    name: "100 included files of 900 KB",
    text: `include: [${many(100, () => "a.yml, ")}]`,
    request: { files: { "a.yml": `.a: "${"x".repeat(900_000)}"` } },
    message: "5,242,880 bytes",
  },
  {
    name: "braces that unfold without end",
    text: `a: {script: x, rules: [{changes: ["${"{a,b}".repeat(40)}"]}]}`,
    request: { changed: ["x"] },
    message: "1000 alternatives",
  },
  {
    name: "1,000 jobs with 10 patterns of their own against 5,000 paths",
    text: many(
      1_000,
      (i) => `j${i}: {script: x, rules: [{changes: [${many(10, (j) => `"**/*${i}-${j}*", `)}]}]}\n`,
    ),
    request: { changed: Array.from({ length: 5_000 }, (_, i) => `folder/${i}`) },
    message: "1,000,000 comparisons",
  },
  {
    name: "a regular expression that unfolds",
    text: "a: {script: x, rules: [{if: '$CI =~ /((a{100}){100}){100}/'}]}",
    message: "too large",
  },
  {
    name: "an expression of 10,000 tokens",
    text: `a: {script: x, rules: [{if: '${"$A || ".repeat(3_000)}$A'}]}`,
    message: "100 tokens",
  },
  {
    name: "an expression of 500,000 characters",
    text: `a: {script: x, rules: [{if: '${"(".repeat(500_000)}'}]}`,
    message: "32768 characters",
  },
  {
    name: "a job name of a megabyte",
    text: `? ${"x".repeat(1_000_000)}\n: {script: x}`,
    message: "255 characters",
  },
];

/** Large, and compiled all the same. */
export const harmless: readonly HostileInput[] = [
  { name: "one script of a megabyte", text: `a:\n  script: "${"x".repeat(1_040_000)}"` },
  { name: "a list of 20,000 commands", text: `a:\n  script:\n${many(20_000, () => "    - x\n")}` },
  {
    name: "60,000 open interpolations",
    text: `spec: {inputs: {a: {default: x}}}\n---\na:\n  script: "${"$[[ ".repeat(200_000)}"`,
  },
  {
    name: "1,000 variables that refer to the next",
    text: `variables:\n${many(1_000, (i) => `  V${i}: $V${i + 1}\n`)}a: {script: x}\n`,
  },
  { name: "variables that double 30 times", text: doublingVariables() },
  {
    name: "expensive patterns for 500 jobs",
    text: many(
      500,
      (i) =>
        `j${i}:\n  script: x\n  rules: [{if: "$CI_COMMIT_BRANCH =~ /^(a|b|c)*m${i}/"}, {when: always}]\n`,
    ),
  },
  {
    name: "hostile patterns against a long text",
    text: "a: {script: x, rules: [{if: '$LONG =~ /^(a+)+$/', when: never}, {when: always}]}",
    request: { variables: { LONG: `${"a".repeat(50_000)}!` } },
  },
  {
    name: "50 patterns against 60,000 paths",
    text: `a:\n  script: x\n  rules:\n    - exists: [${many(50, (i) => `"**/*${i}*.x", `)}]\n`,
    request: { files: paths },
  },
  {
    name: "500 jobs that look for files among 60,000",
    text: many(500, (i) => `j${i}: {script: x, rules: [{exists: ["*.nothing", "folder1/"]}]}\n`),
    request: { files: paths },
  },
  { name: "50 parents, 10 levels, 500 jobs", text: extendsBomb() },
];
