import { isUnrecorded } from "#pipeline/deployments.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { isReported, reportsOf } from "#pipeline/report.ts";
import { isActive, isCompleted } from "#pipeline/status.ts";
import { waitsForPlacesOnly } from "#pipeline/waiting.ts";

/**
 * Whether the sweep has to look at a pipeline: something is under way or due, an environment is not gone
 * yet, or the forge was not told the last word. A pipeline that waits for a person has nothing due.
 */
export function hasUnfinishedBusiness(pipeline: Pipeline): boolean {
  if (!isCompleted(pipeline.status) && pipeline.status !== "manual") return true;
  if (pipeline.jobs.some((job) => isActive(job.status) || job.status === "scheduled")) return true;
  if (pipeline.environments.some((environment) => environment.state !== "ended")) return true;
  return hasUntold(pipeline);
}

/** Whether the sweep can leave it alone, since only the line for places moves it. */
export function standsInLineOnly(pipeline: Pipeline): boolean {
  return waitsForPlacesOnly(pipeline) && !hasUntold(pipeline);
}

function hasUntold(pipeline: Pipeline): boolean {
  if (pipeline.jobs.some(isUnrecorded)) return true;
  return reportsOf(pipeline).some((report) => !isReported(pipeline, report));
}
