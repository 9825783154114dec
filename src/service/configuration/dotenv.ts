import type { PlannedJob } from "#language/plan.ts";
import type { Variable } from "#language/variables.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { artifactSources } from "./artifact-sources.ts";

/** Variables that earlier jobs left in `artifacts:reports:dotenv`, of the jobs whose artifacts are taken. */
export function dotenvFor(pipeline: Pipeline, planned: PlannedJob): readonly Variable[] {
  return artifactSources(pipeline, planned).flatMap((job) => job.dotenv ?? []);
}
