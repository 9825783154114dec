import type { Plan, PlannedJob } from "../plan.ts";

/**
 * The plan of some of its jobs, together with all that they need. A name stands for all jobs of its matrix or
 * `parallel`. Nobody is there to play a job, and none has failed before: what is manual, delayed or
 * `on_failure` runs as its turn comes.
 */
export function selectJobs(
  plan: Plan,
  names: readonly string[],
): { readonly plan: Plan } | { readonly unknown: readonly string[] } {
  const unknown = names.filter((name) => !plan.jobs.some((job) => isNamed(job, name)));
  if (unknown.length > 0) return { unknown };
  const byName = new Map(plan.jobs.map((job) => [job.name, job]));
  const chosen = new Set<PlannedJob>();
  const pending = plan.jobs.filter((job) => names.some((name) => isNamed(job, name)));
  for (let job = pending.pop(); job !== undefined; job = pending.pop()) {
    if (chosen.has(job)) continue;
    chosen.add(job);
    pending.push(...(job.needs ?? []).flatMap((need) => byName.get(need.job) ?? []));
  }
  const jobs = plan.jobs.filter((job) => chosen.has(job));
  const isThere = (name: string) => jobs.some((job) => job.name === name);
  return {
    plan: {
      ...plan,
      stages: plan.stages.filter((stage) => jobs.some((job) => job.stage === stage)),
      jobs: jobs.map((job) => runsByItself(job, isThere)),
    },
  };
}

/** `build` stands for `build 1/3` and `build: [linux, arm64]` as well. */
function isNamed(job: PlannedJob, name: string): boolean {
  if (job.name === name) return true;
  if (job.parallel === undefined || !job.name.startsWith(name)) return false;
  return /^(?: \d+\/\d+|: \[.*\])$/s.test(job.name.slice(name.length));
}

function runsByItself(job: PlannedJob, isThere: (name: string) => boolean): PlannedJob {
  const { startInSeconds: _, manualConfirmation: __, ...rest } = job;
  return {
    ...rest,
    when: job.when === "always" ? "always" : "on_success",
    ...(job.dependencies && { dependencies: job.dependencies.filter(isThere) }),
  };
}
