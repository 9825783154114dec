import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { floors, wrongImports } from "./wings.ts";

function git(...args: string[]): string {
  return execFileSync("git", args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }).trim();
}

const root = git("rev-parse", "--show-toplevel");

describe("the wings of the folders", () => {
  test.each(Object.keys(floors))("%s: a wing imports only what stands below it", (folder) => {
    const list = git("-C", root, "ls-files", "-co", "--exclude-standard", "--", folder);
    const files = list.split("\n").filter((file) => /\.tsx?$/.test(file));
    expect(files.length).toBeGreaterThan(5);
    expect(
      files.flatMap((file) => wrongImports(file, readFileSync(join(root, file), "utf8"))),
    ).toEqual([]);
  });

  test.each([
    [
      'import { a } from "../view/cost.ts";',
      "src/service/view/cost.ts: view stands above delivery",
    ],
    [
      'import type { A } from "#service/view/cost.ts";',
      "src/service/view/cost.ts: view stands above delivery",
    ],
    [
      'import {\n  type A,\n  b,\n} from "../sweep/sweep.ts";',
      "src/service/sweep/sweep.ts: sweep stands above delivery",
    ],
    [
      'export type { A } from "../runner-api/id-tokens.ts";',
      "src/service/runner-api/id-tokens.ts: runner-api stands on the same floor as delivery",
    ],
    [
      'const late = await import("../watch/sweep-forges.ts");',
      "src/service/watch/sweep-forges.ts: watch stands above delivery",
    ],
  ])("tells of a planted %s", (planted, told) => {
    const file = "src/service/delivery/planted.ts";
    expect(wrongImports(file, `${planted}\n`)).toEqual([`${file} imports ${told}`]);
  });

  test.each([
    'import { a } from "../deps.ts";',
    'import { a } from "./rerun.ts";',
    'import { a } from "#store/store.ts";',
    'import { a } from "yaml";',
  ])("has nothing against %s", (allowed) => {
    expect(wrongImports("src/service/delivery/planted.ts", `${allowed}\n`)).toEqual([]);
  });

  test("tells of a wing that has no floor", () => {
    expect(wrongImports("src/service/attic/planted.ts", "")).toEqual([
      "src/service/attic/planted.ts: attic has no floor in test/architecture/wings.ts",
    ]);
  });
});
