import type { JobResponse, TicketExchange } from "../protocol.ts";

/** Whether an answer has the parts of a job without which none can run. */
export function isJobResponse(value: unknown): value is JobResponse {
  return (
    isObject(value) &&
    typeof value.id === "number" &&
    typeof value.token === "string" &&
    isObject(value.job_info) &&
    typeof value.job_info.project_full_path === "string" &&
    isObject(value.git_info) &&
    typeof value.git_info.repo_url === "string" &&
    isObject(value.runner_info) &&
    typeof value.runner_info.timeout === "number" &&
    [value.variables, value.steps, value.services, value.credentials].every(Array.isArray) &&
    isObject(value.features)
  );
}

export function isTicketExchange(value: unknown): value is TicketExchange {
  return (
    isObject(value) &&
    typeof value.token === "string" &&
    typeof value.environment_id === "string" &&
    typeof value.idle_timeout === "number"
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
