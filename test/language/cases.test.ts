import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileCase, summarise } from "./compile-case.ts";

// A case is a folder: `.gitlab-ci.yml`, `expected.json`, and `request.json` where the push is not a plain one
// to main. What `expected.json` does not mention may be anything, but its lists are complete.
const folder = new URL("../cases/", import.meta.url).pathname;

const cases = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

describe("compile", () => {
  test.for(cases)("%s", async (name) => {
    const text = readFileSync(join(folder, name, ".gitlab-ci.yml"), "utf8");
    const result = await compileCase(text, readJson(join(folder, name, "request.json")) ?? {});
    const expected = readJson(join(folder, name, "expected.json")) ?? {};
    expect(summarise(result)).toMatchObject({ diagnostics: [], ...expected });
  });
});

function readJson(path: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
