import { compositeStatus } from "./composite-status.ts";
import { currentJobs } from "./jobs.ts";
import type { Pipeline } from "./pipeline.ts";
import { isCompleted, type Status } from "./status.ts";

/** Derives the pipeline's own status and times from its jobs. */
export function settle(pipeline: Pipeline, now: string): Pipeline {
  if (pipeline.jobs.length === 0) return pipeline;
  const jobs = currentJobs(pipeline);
  const status = follow(pipeline.status, compositeStatus(jobs, "stages"));
  const started =
    pipeline.startedAt === undefined && jobs.some((job) => job.startedAt !== undefined);
  const completed = isCompleted(status);
  if (status === pipeline.status && !started && completed === (pipeline.finishedAt !== undefined)) {
    return pipeline;
  }
  const { finishedAt: before, ...open } = pipeline;
  return {
    ...open,
    status,
    ...(started && { startedAt: now }),
    ...(completed && { finishedAt: before ?? now }),
  };
}

/** A pipeline that has run before does not return to `pending` (GitLab's `Ci::Pipeline`, event `enqueue`). */
function follow(previous: Status, composite: Status): Status {
  if (composite !== "pending") return composite;
  switch (previous) {
    case "running":
    case "success":
    case "failed":
    case "canceled":
      return "running";
    case "created":
    case "waiting_for_resource":
    case "preparing":
    case "waiting_for_callback":
    case "pending":
    case "canceling":
    case "skipped":
    case "manual":
    case "scheduled":
      return "pending";
  }
}
