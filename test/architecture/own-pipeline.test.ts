import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compileCase } from "../language/compile-case.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const { scripts }: { readonly scripts: Record<string, string> } = JSON.parse(read("package.json"));

test("our own pipeline compiles without a remark, and runs our commands side by side", async () => {
  const result = await compileCase(read(".gitlab-ci.yml"));
  expect(result.diagnostics).toEqual([]);
  if (result.status !== "created") throw new Error(result.status);
  const { jobs, stages } = result.plan;
  expect(stages).toHaveLength(1);
  expect(jobs.map(({ name }) => name)).toEqual(["check", "unit", "engine", "e2e", "aws"]);
  for (const { script } of jobs) {
    expect(script.at(-1)).toMatch(/^npm run \S+$/);
    expect(scripts).toHaveProperty([String(script.at(-1)).replace("npm run ", "")]);
  }
});
