import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = execFileSync("git", ["rev-parse", "--show-toplevel"], { encoding: "utf8" }).trim();

/** A file in a folder, an import that the folder must not have, and one that it may. */
const planted = [
  { file: "src/language/planted.ts", bad: "node:fs", good: "yaml" },
  { file: "src/language/planted.ts", bad: "#store/store.ts", good: "#pipeline/status.ts" },
  { file: "src/pipeline/planted.ts", bad: "#service/deps.ts", good: "#language/plan.ts" },
  { file: "src/image/planted.ts", bad: "../forge/forge.ts", good: "./ref-slug.ts" },
  { file: "src/project/planted.ts", bad: "#forge/forge.ts", good: "#pipeline/pipeline.ts" },
  { file: "src/forge/gitlab/planted.ts", bad: "#service/deps.ts", good: "../forge.ts" },
  { file: "src/forge/gitlab/planted.ts", bad: "#store/store.ts", good: "../forge.ts" },
  { file: "src/store/planted.ts", bad: "#registry/registry.ts", good: "./store.ts" },
  { file: "src/service/planted.ts", bad: "#store/dynamodb/dynamodb.ts", good: "#store/store.ts" },
  { file: "src/service/planted.ts", bad: "hono", good: "#forge/forge.ts" },
  { file: "src/service/planted.ts", bad: "#forge/local/client.ts", good: "#queue/queue.ts" },
  { file: "src/runner/planted.ts", bad: "#service/deps.ts", good: "#language/plan.ts" },
  { file: "infra/planted.ts", bad: "#service/deps.ts", good: "#functions/http/env.ts" },
  {
    file: "infra/constructs/planted.ts",
    bad: "#store/dynamodb/dynamodb.ts",
    good: "#project/settings.ts",
  },
  { file: "src/engine/planted.ts", bad: "#environment/environment.ts", good: "dockerode" },
  { file: "src/engine/planted.ts", bad: "../runner/settings.ts", good: "./labels.ts" },
  { file: "src/service/planted.ts", bad: "#engine/labels.ts", good: "#http/basic-auth.ts" },
  {
    file: "src/runner/planted.ts",
    bad: "#environment/environment.ts",
    good: "#engine/labels.ts",
  },
  { file: "src/environment/host/planted.ts", bad: "#runner/settings.ts", good: "#engine/ask.ts" },
  { file: "src/git/planted.ts", bad: "#forge/forge.ts", good: "node:child_process" },
  { file: "src/git/planted.ts", bad: "dockerode", good: "./environment.ts" },
  { file: "src/forge/git/planted.ts", bad: "#runner/sources/git.ts", good: "#git/run.ts" },
  { file: "src/terminal/planted.ts", bad: "node:util", good: "./escapes.ts" },
  { file: "src/http/planted.ts", bad: "#forge/forge.ts", good: "node:buffer" },
  { file: "src/language/planted.ts", bad: "#http/basic-auth.ts", good: "./plan.ts" },
  { file: "src/store/planted.ts", bad: "#service/deps.ts", good: "#http/basic-auth.ts" },
] as const;

const looks = [
  "export const a = (): number => Date.now();",
  "export const b = (): Date => new Date();",
  "export const c = (): string => Date();",
  "export const d = (): number => new Date(Date.now()).getTime();",
  "export const e = Date;",
];
const pure = [
  "export const f = (text: string): number => Date.parse(text);",
  "export const g = (ms: number): string => new Date(ms).toISOString();",
];

/** A tree with the linter's settings and nothing but planted files, so that one run tells of them all. */
let tree: string;
let said: string;
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "slipway-planted-"));
  for (const file of ["biome.json", "test/architecture/no-clock.grit"]) {
    cpSync(join(root, file), join(tree, file));
  }
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
  planted.forEach(({ file, bad, good }, row) => {
    plant(fileOf(file, row, "bad"), `export * from "${bad}";\n`);
    plant(fileOf(file, row, "good"), `export * from "${good}";\n`);
  });
  plant("src/pipeline/planted-clock.ts", `${[...looks, ...pure].join("\n")}\n`);
  const { stdout, stderr } = spawnSync(
    join(root, "node_modules/.bin/biome"),
    ["lint", "--vcs-enabled=false", "--colors=off", "--max-diagnostics=none", "."],
    { cwd: tree, encoding: "utf8" },
  );
  said = stdout + stderr;
});
afterAll(() => {
  rmSync(tree, { recursive: true, force: true });
});

function plant(file: string, text: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), text);
}

function fileOf(file: string, row: number, kind: "bad" | "good"): string {
  return file.replace(/\.ts$/, `-${row}-${kind}.ts`);
}

/** What the linter tells of a file as an import that its folder must not have. */
function refused(file: string): boolean {
  return said.includes(`${file}:1:15 lint/style/noRestrictedImports`);
}

describe("the import rules of the house", () => {
  test("were held against every planted file", () => {
    // Beside these the tree holds the settings, the plugin and what looks at the clock.
    expect(said).toContain(`Checked ${2 * planted.length + 3} files`);
  });

  test.each(planted.map((plant, row) => ({ ...plant, row })))(
    "$file may not import $bad",
    ({ file, row }) => {
      expect(refused(fileOf(file, row, "bad"))).toBe(true);
    },
  );

  test.each(planted.map((plant, row) => ({ ...plant, row })))(
    "$file may import $good",
    ({ file, row }) => {
      expect(refused(fileOf(file, row, "good"))).toBe(false);
    },
  );

  test("pure code may not look at the clock, but read and write instants", () => {
    expect(said).toContain("pass `now` in");
    const lines = [...said.matchAll(/planted-clock\.ts:(\d+):\d+ plugin/g)].map(([, line]) => line);
    expect([...new Set(lines)]).toEqual(["1", "2", "3", "4", "5"]);
  });
});
