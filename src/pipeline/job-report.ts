import { currentJobs } from "./jobs.ts";
import type { CommitState, Job, Pipeline, Report } from "./pipeline.ts";
import { atMost, cut, forward, took } from "./report-text.ts";

/** The longest status name that GitLab and GitHub accept. */
const longestContext = 255;

/** Returns a status for each job that has begun. Jobs that have not begun, and skipped jobs, have none. */
export function jobReports(pipeline: Pipeline, prefix: string): readonly Report[] {
  return currentJobs(pipeline).flatMap((job): readonly Report[] => {
    const state = stateOf(job);
    if (state === undefined) return [];
    const context = atMost(longestContext, `${prefix}/${job.name}`);
    const before = pipeline.reported.find((reported) => reported.context === context)?.state;
    // A job gets no status only to say that it did not run.
    if (state === "skipped" && before === undefined) return [];
    return [
      {
        context,
        state: forward(before, state),
        description: cut(describe(job)),
        jobId: job.id,
      },
    ];
  });
}

function stateOf(job: Job): CommitState | undefined {
  switch (job.status) {
    case "created":
    case "manual":
    case "scheduled":
      return undefined;
    case "waiting_for_resource":
    case "preparing":
    case "waiting_for_callback":
    case "pending":
      return "pending";
    case "running":
    case "canceling":
      return "running";
    case "failed":
      // A job that is allowed to fail does not block the commit.
      return job.allowFailure ? "success" : "failed";
    case "success":
    case "canceled":
    case "skipped":
      return job.status;
  }
}

function describe(job: Job): string {
  switch (job.status) {
    case "created":
    case "manual":
    case "scheduled":
    case "preparing":
    case "waiting_for_callback":
    case "pending":
      return "Waiting for a runner";
    case "waiting_for_resource":
      return `Waiting for resource group ${job.resourceGroup ?? ""}`;
    case "running":
      return "Running";
    case "canceling":
      return "Canceling";
    case "success":
      return `Passed in ${took(job)}`;
    case "failed": {
      const exit = job.exitCode === undefined ? "" : `, exit code ${job.exitCode}`;
      const allowed = job.allowFailure ? ", allowed to fail" : "";
      return `Failed (${job.failureReason ?? "unknown_failure"}${exit}${allowed}) after ${took(job)}`;
    }
    case "canceled":
      return job.canceledBy === undefined ? "Canceled" : `Canceled by ${job.canceledBy}`;
    case "skipped":
      return "Skipped";
  }
}
