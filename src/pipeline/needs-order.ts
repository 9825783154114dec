import type { Job } from "./pipeline.ts";

/**
 * Sorts the jobs of one stage so that each comes after the jobs of that stage that it needs, and keeps the given order
 * otherwise. Jobs in a cycle, which the compiler refuses, come last.
 */
export function inNeedsOrder(jobs: readonly Job[]): readonly Job[] {
  const names = new Set(jobs.map((job) => job.name));
  const missing = new Map<Job, number>();
  const dependants = new Map<string, Job[]>();
  for (const job of jobs) {
    const inStage = new Set(job.needs?.map((need) => need.job).filter((name) => names.has(name)));
    missing.set(job, inStage.size);
    for (const name of inStage) {
      const list = dependants.get(name);
      if (list === undefined) dependants.set(name, [job]);
      else list.push(job);
    }
  }
  if (dependants.size === 0) return jobs;
  const ordered = jobs.filter((job) => missing.get(job) === 0);
  for (const job of ordered) {
    for (const dependant of dependants.get(job.name) ?? []) {
      const left = (missing.get(dependant) ?? 0) - 1;
      missing.set(dependant, left);
      if (left === 0) ordered.push(dependant);
    }
  }
  return [...ordered, ...jobs.filter((job) => missing.get(job) !== 0)];
}
