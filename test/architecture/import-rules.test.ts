import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const root = execFileSync("git", ["rev-parse", "--show-toplevel"], { encoding: "utf8" }).trim();

/** A file in a folder, an import that the folder must not have, and one that it may. */
const planted = [
  { file: "src/language/planted-a.ts", bad: "node:fs", good: "yaml" },
  { file: "src/language/planted-b.ts", bad: "#store/store.ts", good: "#pipeline/status.ts" },
  { file: "src/pipeline/planted-c.ts", bad: "#service/deps.ts", good: "#language/plan.ts" },
  { file: "src/image/planted-d.ts", bad: "../forge/forge.ts", good: "./ref-slug.ts" },
  { file: "src/project/planted-e.ts", bad: "#forge/forge.ts", good: "#pipeline/pipeline.ts" },
  { file: "src/forge/gitlab/planted-f.ts", bad: "#service/deps.ts", good: "../forge.ts" },
  { file: "src/forge/gitlab/planted-g.ts", bad: "#store/store.ts", good: "../forge.ts" },
  { file: "src/store/planted-h.ts", bad: "#registry/registry.ts", good: "./store.ts" },
  { file: "src/service/planted-i.ts", bad: "#store/dynamodb/dynamodb.ts", good: "#store/store.ts" },
  { file: "src/service/planted-j.ts", bad: "hono", good: "#forge/forge.ts" },
  { file: "src/service/planted-k.ts", bad: "#forge/local/client.ts", good: "#queue/queue.ts" },
  { file: "src/runner/planted-l.ts", bad: "#service/deps.ts", good: "#language/plan.ts" },
  { file: "infra/planted-m.ts", bad: "#service/deps.ts", good: "#functions/http/env.ts" },
  {
    file: "infra/constructs/planted-n.ts",
    bad: "#store/dynamodb/dynamodb.ts",
    good: "#project/settings.ts",
  },
  { file: "src/engine/planted-r.ts", bad: "#environment/environment.ts", good: "dockerode" },
  { file: "src/engine/planted-s.ts", bad: "../runner/settings.ts", good: "./labels.ts" },
  { file: "src/service/planted-t.ts", bad: "#engine/labels.ts", good: "#http/basic-auth.ts" },
  {
    file: "src/runner/planted-u.ts",
    bad: "#environment/environment.ts",
    good: "#engine/labels.ts",
  },
  { file: "src/environment/host/planted-v.ts", bad: "#runner/settings.ts", good: "#engine/ask.ts" },
  { file: "src/git/planted-w.ts", bad: "#forge/forge.ts", good: "node:child_process" },
  { file: "src/git/planted-x.ts", bad: "dockerode", good: "./environment.ts" },
  { file: "src/forge/git/planted-y.ts", bad: "#runner/sources/git.ts", good: "#git/run.ts" },
  { file: "src/http/planted-o.ts", bad: "#forge/forge.ts", good: "node:buffer" },
  { file: "src/language/planted-p.ts", bad: "#http/basic-auth.ts", good: "./plan.ts" },
  { file: "src/store/planted-q.ts", bad: "#service/deps.ts", good: "#http/basic-auth.ts" },
] as const;

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { force: true });
});

/** What the linter says of a file like that. */
function lint(file: string, text: string, ...options: string[]): string {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  made.push(path);
  writeFileSync(path, text);
  const { stdout, stderr } = spawnSync(
    join(root, "node_modules/.bin/biome"),
    ["lint", ...options, "--vcs-enabled=false", path],
    { cwd: root, encoding: "utf8" },
  );
  rmSync(path, { force: true });
  return stdout + stderr;
}

function lintImport(file: string, specifier: string): string {
  return lint(file, `export * from "${specifier}";\n`, "--only=style/noRestrictedImports");
}

describe("the import rules of the house", () => {
  test.each(planted)("$file may not import $bad", ({ file, bad }) => {
    expect(lintImport(file, bad)).toContain("noRestrictedImports");
  });

  test.each(planted)("$file may import $good", ({ file, good }) => {
    expect(lintImport(file, good)).not.toContain("noRestrictedImports");
  });

  test("pure code may not look at the clock, but read and write instants", () => {
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
    const said = lint("src/pipeline/planted-clock.ts", `${[...looks, ...pure].join("\n")}\n`);
    expect(said).toContain("pass `now` in");
    const lines = [...said.matchAll(/planted-clock\.ts:(\d+):\d+ plugin/g)].map(([, line]) => line);
    expect([...new Set(lines)]).toEqual(["1", "2", "3", "4", "5"]);
  });
});
