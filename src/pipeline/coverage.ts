import { currentJobs } from "./jobs.ts";
import type { Pipeline } from "./pipeline.ts";

/** The average of the jobs' percentages, to two decimal places (GitLab Docs, "Code coverage"). */
export function coverageOf(pipeline: Pipeline): number | undefined {
  const all = currentJobs(pipeline).flatMap(({ coverage }) => coverage ?? []);
  if (all.length === 0) return undefined;
  const average = all.reduce((sum, coverage) => sum + coverage, 0) / all.length;
  return Math.round(average * 100) / 100;
}
