import {
  compositeOfKinds,
  compositeStatus,
  type StatusKind,
  statusKind,
} from "./composite-status.ts";
import { judgeGate } from "./gate.ts";
import { changeJobs } from "./jobs.ts";
import { inNeedsOrder } from "./needs-order.ts";
import type { Job, Pipeline } from "./pipeline.ts";
import type { Status } from "./status.ts";
import { addSeconds, hasPassed } from "./time.ts";

/**
 * Lets created jobs go on or be skipped, stage by stage, as GitLab does
 * (`app/services/ci/pipeline_processing/atomic_processing_service.rb`). One pass is enough: a job depends
 * only on earlier stages and, by `needs`, on jobs of its own stage that come before it in the order.
 */
export function processJobs(pipeline: Pipeline, now: string): Pipeline {
  if (!pipeline.jobs.some((job) => isCreated(job))) return pipeline;
  const latest = new Map<string, Job>();
  const stages = new Map<string, Job[]>(pipeline.stages.map((stage) => [stage, []]));
  for (const job of pipeline.jobs) {
    if (job.retried) continue;
    latest.set(job.name, job);
    stages.get(job.stage)?.push(job);
  }
  const earlier = new Set<StatusKind>();
  for (const jobs of stages.values()) {
    const previous = compositeOfKinds(earlier, "stages");
    for (const job of inNeedsOrder(jobs)) {
      if (isCreated(job)) latest.set(job.name, judge(job, previous, latest, now));
    }
    for (const job of jobs) earlier.add(statusKind(latest.get(job.name) ?? job));
  }
  return changeJobs(pipeline, (job) => (isCreated(job) ? (latest.get(job.name) ?? job) : job));
}

/** Ready for a runner, or for its turn in the resource group. */
export function enqueue(job: Job, now: string): Job {
  return {
    ...job,
    status: job.resourceGroup === undefined ? "pending" : "waiting_for_resource",
    queuedAt: now,
  };
}

function isCreated(job: Job): boolean {
  return job.status === "created" && !job.retried;
}

function judge(job: Job, earlier: Status, latest: ReadonlyMap<string, Job>, now: string): Job {
  const needs = job.needs?.flatMap((need) => latest.get(need.job) ?? []);
  const gate = needs === undefined ? "stages" : "needs";
  const previous = needs === undefined ? earlier : compositeStatus(needs, "needs");
  switch (judgeGate(job.when, gate, previous)) {
    case "wait":
      return job;
    case "skip":
      return { ...job, status: "skipped" };
    case "run":
      return release(job, now);
  }
}

function release(job: Job, now: string): Job {
  if (job.playedBy !== undefined) return enqueue(job, now);
  if (job.when === "manual") return { ...job, status: "manual" };
  if (job.when !== "delayed") return enqueue(job, now);
  const scheduledAt = job.scheduledAt ?? addSeconds(now, job.startInSeconds ?? 0);
  return hasPassed(scheduledAt, 0, now)
    ? enqueue(job, now)
    : { ...job, status: "scheduled", scheduledAt };
}
