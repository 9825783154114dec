import { expect, test } from "vitest";
import { fuzzJobs } from "../support/job-fuzz.ts";

test("no flag of a job reaches git and no path leaves its root, whatever a job says", () => {
  const { wrong, refused, commands, paths, jobs } = fuzzJobs(1_000, 7);
  expect(wrong).toEqual([]);
  // Both happen often: what is refused, and what reaches git.
  expect(refused).toBeGreaterThan(jobs / 10);
  expect(commands).toBeGreaterThan(jobs / 10);
  expect(paths).toBeGreaterThan(jobs);
});
