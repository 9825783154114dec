import type { When } from "#language/plan.ts";
import type { Gate } from "./composite-status.ts";
import type { Status } from "./status.ts";

/** The next status of a created job, by GitLab's rules (`app/services/ci/process_build_service.rb`). */
export type GateVerdict = "wait" | "run" | "skip";

/** `previous` is the composite status of the job's needs, or of all earlier stages where it has none. */
export function judgeGate(when: When, gate: Gate, previous: Status): GateVerdict {
  switch (previous) {
    case "success":
      return when === "on_failure" ? "skip" : "run";
    case "failed":
      return when === "on_failure" || when === "always" ? "run" : "skip";
    case "skipped":
      return when === "always" || (gate === "stages" && when !== "on_failure") ? "run" : "skip";
    case "canceled":
      return "skip";
    case "created":
    case "waiting_for_resource":
    case "preparing":
    case "waiting_for_callback":
    case "pending":
    case "running":
    case "canceling":
    case "manual":
    case "scheduled":
      return "wait";
  }
}
