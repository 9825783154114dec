import { defined } from "#language/defined.ts";
import { fullDiskFailure, JobFailure, JobStopped, messageOf } from "../job-failure.ts";
import type { Log } from "../trace/trace.ts";
import type { Verdict } from "../trace/trace-sender.ts";

/** How a job ended: nothing, or what was thrown on its way. */
export type Ending = { readonly ok: true } | { readonly ok: false; readonly error: unknown };

/** The word of GitLab's that an after_script finds in CI_JOB_STATUS. */
export function jobStatus(ending: Ending): "success" | "failed" | "canceled" {
  if (ending.ok) return "success";
  return ending.error instanceof JobStopped && ending.error.stop === "canceled"
    ? "canceled"
    : "failed";
}

/** What the service is told; the message is for people and holds no secret. */
export function verdictOf(ending: Ending, timeoutSeconds: number): Verdict {
  if (ending.ok) return { state: "success" };
  const failure = failureOf(ending.error, timeoutSeconds);
  return {
    state: "failed",
    failure_reason: failure.reason,
    ...defined({ exit_code: failure.exitCode }),
    ...(failure.reason !== "script_failure" && { failure_message: failure.message }),
  };
}

/** The last line of a job's log. */
export function writeVerdict(log: Log, ending: Ending, timeoutSeconds: number): void {
  if (ending.ok) {
    log.line("\u001b[32;1mJob succeeded\u001b[0;m");
    return;
  }
  const failure = failureOf(ending.error, timeoutSeconds);
  const kind = failure.reason === "runner_system_failure" ? " (system failure)" : "";
  log.error(`Job failed${kind}: ${failure.message}`);
}

function failureOf(error: unknown, timeoutSeconds: number): JobFailure {
  if (error instanceof JobFailure) return error;
  if (error instanceof JobStopped) {
    switch (error.stop) {
      case "timeout":
        return new JobFailure(
          "job_execution_timeout",
          `execution took longer than ${timeoutSeconds} s; \`timeout:\` sets another limit`,
        );
      case "canceled":
        return new JobFailure("unknown_failure", "canceled");
      case "aborted":
        return new JobFailure("unknown_failure", "aborted by the service");
      case "shutdown":
        return new JobFailure("runner_system_failure", "the environment was stopped");
    }
  }
  const message = messageOf(error);
  return /ENOSPC/.test(message)
    ? fullDiskFailure(` (${message})`, error)
    : new JobFailure("runner_system_failure", message, { cause: error });
}
