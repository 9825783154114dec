import type { PlannedJob } from "#language/plan.ts";
import type { Variable } from "#language/variables.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";

/** Variables that earlier jobs left in `artifacts:reports:dotenv`, of the jobs whose artifacts are taken. */
export function dotenvFor(pipeline: Pipeline, planned: PlannedJob): readonly Variable[] {
  const order = new Map(pipeline.stages.map((stage, index) => [stage, index]));
  const own = order.get(planned.stage) ?? 0;
  const needed =
    planned.needs === undefined
      ? undefined
      : new Set(planned.needs.filter((need) => need.artifacts).map((need) => need.job));
  const dependencies =
    planned.dependencies === undefined ? undefined : new Set(planned.dependencies);
  return pipeline.jobs
    .filter(
      (job) =>
        !job.retried &&
        job.dotenv !== undefined &&
        (needed?.has(job.name) ?? (order.get(job.stage) ?? 0) < own) &&
        (dependencies?.has(job.name) ?? true),
    )
    .flatMap((job) => job.dotenv ?? []);
}
