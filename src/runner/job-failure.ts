/** Why a job failed, in GitLab's words, with a message for the people who read its log. */
export type FailureReason =
  | "script_failure"
  | "runner_system_failure"
  | "job_execution_timeout"
  | "image_pull_failure"
  | "unknown_failure";

/** Ends a job. `message` says what happened and what can be done; it never holds a secret. */
export class JobFailure extends Error {
  override readonly name = "JobFailure";
  readonly reason: FailureReason;
  readonly exitCode: number | undefined;
  constructor(
    reason: FailureReason,
    message: string,
    options: { exitCode?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.reason = reason;
    this.exitCode = options.exitCode;
  }
}

/** `what` says where, and at what, no room was left. */
export function fullDiskFailure(what: string, cause?: unknown): JobFailure {
  return new JobFailure(
    "runner_system_failure",
    `The disk of the environment is full${what}. Free space or give it a larger disk.`,
    { cause },
  );
}

/** What a thrown thing says, for a sentence in a log. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}

/** Why a job is stopped from outside; the reason of its abort signal. */
export type StopReason = "canceled" | "aborted" | "timeout" | "shutdown";

export class JobStopped extends Error {
  override readonly name = "JobStopped";
  readonly stop: StopReason;
  constructor(stop: StopReason) {
    super(`The job is stopped: ${stop}.`);
    this.stop = stop;
  }
}
