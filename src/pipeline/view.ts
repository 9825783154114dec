import { compositeStatus } from "./composite-status.ts";
import type { Job, Pipeline } from "./pipeline.ts";
import type { Status } from "./status.ts";

export type StageView = {
  readonly name: string;
  readonly status: Status;
  /** The last attempt of each job, in the plan's order. */
  readonly jobs: readonly JobView[];
};

export type JobView = {
  readonly job: Job;
  /** Earlier attempts, oldest first. */
  readonly earlier: readonly Job[];
};

/** A pipeline as people see it: its stages in order, each with its jobs. */
export function deriveView(pipeline: Pipeline): readonly StageView[] {
  const attempts = new Map<number, Job[]>();
  for (const job of pipeline.jobs) {
    const rows = attempts.get(job.planIndex);
    if (rows === undefined) attempts.set(job.planIndex, [job]);
    else rows.push(job);
  }
  const stages = new Map<string, JobView[]>(pipeline.stages.map((stage) => [stage, []]));
  for (const [, rows] of [...attempts].sort(([a], [b]) => a - b)) {
    const job = rows.at(-1);
    if (job !== undefined) stages.get(job.stage)?.push({ job, earlier: rows.slice(0, -1) });
  }
  return [...stages].map(([name, jobs]) => ({
    name,
    status: compositeStatus(
      jobs.map(({ job }) => job),
      "stages",
    ),
    jobs,
  }));
}
