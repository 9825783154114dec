import type { PlannedJob } from "#language/plan.ts";
import type { Job, JobArtifact, Pipeline } from "#pipeline/pipeline.ts";

/**
 * The jobs whose artifacts and dotenv variables a job takes. GitLab Docs, "needs:artifacts" and
 * "dependencies": the jobs that it needs with their artifacts, or without `needs` those of all earlier
 * stages; of these `dependencies` chooses. Of a retried job the last attempt counts, however it ended.
 */
export function artifactSources(
  pipeline: Pipeline,
  planned: Pick<PlannedJob, "stage" | "needs" | "dependencies">,
): readonly Job[] {
  const order = new Map(pipeline.stages.map((stage, index) => [stage, index]));
  const own = order.get(planned.stage) ?? 0;
  const needed =
    planned.needs &&
    new Set(planned.needs.filter((need) => need.artifacts).map((need) => need.job));
  const dependencies = planned.dependencies && new Set(planned.dependencies);
  return pipeline.jobs.filter(
    (job) =>
      !job.retried &&
      (needed?.has(job.name) ?? (order.get(job.stage) ?? 0) < own) &&
      (dependencies?.has(job.name) ?? true),
  );
}

/** The files that a later job gets in its checkout, without reports. */
export function archiveOf(job: Job): JobArtifact | undefined {
  return job.artifacts?.find(({ type }) => type === "archive");
}
