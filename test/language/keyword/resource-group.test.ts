import { expect, test } from "vitest";
import { compileCase } from "../compile-case.ts";

test("a resource group whose name expands to nothing is none", async () => {
  const text = "a: {script: ls, resource_group: $MISSING}\nb: {script: ls, resource_group: $CI}";
  const result = await compileCase(text);
  const jobs = result.status === "created" ? result.plan.jobs : [];
  expect(jobs.map(({ resourceGroup }) => resourceGroup)).toEqual([undefined, "true"]);
});
