/** GitLab's CI statuses, spelt GitLab's way (CI statuses, `app/models/concerns/ci/has_status.rb`). */
export const statuses = [
  "created",
  "waiting_for_resource",
  "preparing",
  "waiting_for_callback",
  "pending",
  "running",
  "success",
  "failed",
  "canceling",
  "canceled",
  "skipped",
  "manual",
  "scheduled",
] as const;

export type Status = (typeof statuses)[number];

/** A completed status does not change without a person. */
export function isCompleted(status: Status): boolean {
  return (
    status === "success" || status === "failed" || status === "canceled" || status === "skipped"
  );
}

/** The job is with a runner, which may still have to report how it ended. */
export function isWithRunner(status: Status): boolean {
  return status === "running" || status === "canceling";
}

/** A runner works on the job now or may do so soon. */
export function isActive(status: Status): boolean {
  return (
    status === "waiting_for_resource" ||
    status === "preparing" ||
    status === "waiting_for_callback" ||
    status === "pending" ||
    status === "running" ||
    status === "canceling"
  );
}
