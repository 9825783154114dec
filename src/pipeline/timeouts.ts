import { deadlines } from "./deadlines.ts";
import { type Ending, endJobs } from "./end-jobs.ts";
import { giveUpEnvironments } from "./environment-events.ts";
import { changeJobs } from "./jobs.ts";
import type { Pipeline } from "./pipeline.ts";
import { enqueue } from "./process.ts";
import { epochMs } from "./time.ts";

/** Applies every deadline that has passed: delayed jobs start; silent or too long jobs and idle environments end. */
export function applyDeadlines(pipeline: Pipeline, now: string): Pipeline {
  const nowMs = epochMs(now);
  const passed = deadlines(pipeline)
    .filter((deadline) => deadline.at <= nowMs)
    .sort((a, b) => a.at - b.at);
  const due = new Set<number>();
  const endings = new Map<number, Ending>();
  for (const deadline of passed) {
    if (deadline.kind === "start_job") due.add(deadline.jobId);
    if (deadline.kind === "end_job" && !endings.has(deadline.jobId)) {
      endings.set(deadline.jobId, deadline.ending);
    }
  }
  let next = pipeline;
  if (due.size > 0) next = changeJobs(next, (job) => (due.has(job.id) ? enqueue(job, now) : job));
  next = endJobs(next, endings, now);
  const problems = new Map<string, string | undefined>();
  for (const deadline of passed) {
    if (deadline.kind === "stop_environment")
      problems.set(deadline.environmentId, deadline.problem);
  }
  return giveUpEnvironments(next, problems, now);
}
