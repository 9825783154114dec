import type { FailureReason, Job, Pipeline } from "#pipeline/pipeline.ts";
import type { Status } from "#pipeline/status.ts";
import type { JobUpdate } from "#runner/protocol.ts";
import { authorizeJob } from "../access/authorize-job.ts";
import { advanceSoon } from "../advance/advance-pipeline.ts";
import type { ServiceDeps } from "../deps.ts";
import { logKey } from "../keys.ts";
import { contactDue } from "./append-trace.ts";
import { logLimitOf } from "./log-limit.ts";
import { readCoverage } from "./read-coverage.ts";

export type UpdateAnswer =
  | { readonly answer: "done"; readonly status: Status }
  /** The stored log is shorter than the runner's, so the runner sends the rest first. */
  | { readonly answer: "trace_incomplete"; readonly length: number; readonly status: Status }
  | { readonly answer: "unknown" | "forbidden" };

/** Characters of a runner's words that the service's own log keeps. */
const longestCause = 2_000;

const knownReasons: readonly FailureReason[] = [
  "script_failure",
  "runner_system_failure",
  "job_execution_timeout",
  "image_pull_failure",
  "unknown_failure",
];

/** Handles a runner's update of its job. The final update ends the job, its token and its registry rights. */
export async function updateJob(
  deps: ServiceDeps,
  jobId: number,
  token: string,
  update: Pick<JobUpdate, "state" | "failure_reason" | "exit_code" | "failure_message" | "output">,
): Promise<UpdateAnswer> {
  const authorization = await authorizeJob(deps, jobId, token);
  if (authorization.result !== "ok") return { answer: authorization.result };
  const { job, pipeline } = authorization;
  if (update.state === "running") {
    if (contactDue(deps, job))
      await advanceSoon(deps, pipeline.id, [{ type: "job_contact", jobId }]);
    return { answer: "done", status: job.status };
  }
  if (update.output !== undefined) {
    const { length } = await deps.blobs.read(logKey(jobId), 0, 0);
    const { bytesize } = update.output;
    // A log that was cut is longer than the limit by its last line.
    if (length < Math.min(bytesize, (await logLimitOf(deps, pipeline, bytesize)) + 1))
      return { answer: "trace_incomplete", length, status: job.status };
  }
  await finish(deps, pipeline, job, update.state, update);
  return { answer: "done", status: update.state };
}

async function finish(
  deps: ServiceDeps,
  pipeline: Pipeline,
  job: Job,
  state: "success" | "failed",
  update: Pick<JobUpdate, "failure_reason" | "exit_code" | "failure_message">,
): Promise<void> {
  const reason = knownReasons.find((known) => known === update.failure_reason) ?? "unknown_failure";
  if (update.failure_message !== undefined) {
    deps.log("warn", "a job failed for a reason outside its script", {
      pipeline: pipeline.id,
      job: job.id,
      reason,
      cause: update.failure_message.slice(0, longestCause),
    });
  }
  const coverage = await readCoverage(deps, job);
  await advanceSoon(deps, pipeline.id, [
    {
      type: "job_finished",
      jobId: job.id,
      state,
      ...(coverage === undefined ? {} : { coverage }),
      ...(state === "failed" ? { failureReason: reason } : {}),
      ...(update.exit_code === undefined ? {} : { exitCode: update.exit_code }),
    },
  ]);
}
