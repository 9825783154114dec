// One status for a set of jobs, by GitLab's rules (`lib/gitlab/ci/status/composite.rb`): the gate before a
// job, the status of a stage and that of a pipeline. Only the set of statuses matters, never their number.
import type { Status } from "./status.ts";

export type StatusKind = Status | "warn" | "ignored";

/** `needs`: the gate of a job with `needs`. `stages`: everything else. */
export type Gate = "stages" | "needs";

type Counted = { readonly status: Status; readonly allowFailure: boolean };

/** An allowed failure or cancellation is a warning; an optional manual job does not count. */
export function statusKind(job: Counted): StatusKind {
  if (!job.allowFailure) return job.status;
  if (job.status === "failed" || job.status === "canceled") return "warn";
  return job.status === "manual" ? "ignored" : job.status;
}

export function compositeStatus(jobs: Iterable<Counted>, gate: Gate): Status {
  const kinds = new Set<StatusKind>();
  for (const job of jobs) kinds.add(statusKind(job));
  return compositeOfKinds(kinds, gate);
}

/** As `compositeStatus`, for callers that gather the kinds step by step. */
export function compositeOfKinds(kinds: ReadonlySet<StatusKind>, gate: Gate): Status {
  if (kinds.size === 0) return "success";
  if (gate === "needs") {
    if (kinds.has("skipped") || kinds.has("ignored")) return "skipped";
    if (!only(kinds, "success", "failed", "canceled", "skipped", "warn")) return "pending";
  }
  if (only(kinds, "skipped", "ignored")) return "skipped";
  if (only(kinds, "success", "skipped", "warn", "ignored")) return "success";
  if (only(kinds, "created", "warn", "ignored")) return "created";
  if (only(kinds, "preparing", "warn", "ignored")) return "preparing";
  if (only(kinds, "canceled", "success", "skipped", "warn", "ignored")) return "canceled";
  if (only(kinds, "pending", "created", "skipped", "warn", "ignored")) return "pending";
  if (kinds.has("running") || kinds.has("pending")) return "running";
  const first = anyInOrder.find((status) => kinds.has(status));
  if (first !== undefined) return first;
  if (kinds.has("created")) return "running";
  return kinds.has("canceling") ? "canceling" : "failed";
}

const anyInOrder = [
  "waiting_for_resource",
  "waiting_for_callback",
  "manual",
  "scheduled",
  "preparing",
] as const;

function only(kinds: ReadonlySet<StatusKind>, ...allowed: readonly StatusKind[]): boolean {
  for (const kind of kinds) if (!allowed.includes(kind)) return false;
  return true;
}
