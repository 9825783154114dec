// GitLab Docs, "CI/CD YAML syntax reference": `retry` and `allow_failure`.
import type { RetryPolicy } from "../plan.ts";
import {
  type Input,
  read,
  readBoolean,
  readClosedMap,
  readInteger,
  readList,
  readOneOf,
} from "../tree/read.ts";

const reasons = [
  "always",
  "unknown_failure",
  "script_failure",
  "api_failure",
  "stuck_or_timeout_failure",
  "runner_system_failure",
  "runner_unsupported",
  "runner_interrupted",
  "stale_schedule",
  "job_execution_timeout",
  "archived_failure",
  "unmet_prerequisites",
  "scheduler_failure",
  "data_integrity_failure",
  "missing_dependency_failure",
  "no_matching_runner",
  "image_pull_failure",
] as const;

export const noRetry: RetryPolicy = { max: 0, when: ["always"], exitCodes: [] };

export function readRetry(input: Input): RetryPolicy | undefined {
  if (input.node.kind !== "map") {
    const max = readInteger(input, 0, 2);
    return max === undefined ? undefined : { ...noRetry, max };
  }
  const map = readClosedMap(input, "retry");
  if (map === undefined) return undefined;
  const exitCodes = read(map, "exit_codes", readExitCodes) ?? [];
  const when = read(map, "when", readReasons);
  return {
    max: read(map, "max", (max) => readInteger(max, 0, 2)) ?? 0,
    when: when ?? (exitCodes.length > 0 ? [] : ["always"]),
    exitCodes,
  };
}

function readReasons(input: Input): readonly string[] | undefined {
  const one = (item: Input) => readOneOf(item, reasons);
  if (input.node.kind === "list") return readList(input, one);
  const reason = one(input);
  return reason === undefined ? undefined : [reason];
}

function readExitCodes(input: Input): readonly number[] | undefined {
  const one = (item: Input) => readInteger(item, -2_147_483_648, 4_294_967_295);
  if (input.node.kind === "list") return readList(input, one);
  const code = one(input);
  return code === undefined ? undefined : [code];
}

export type AllowFailure = boolean | { readonly exitCodes: readonly number[] };

export function readAllowFailure(input: Input): AllowFailure | undefined {
  if (input.node.kind !== "map") return readBoolean(input);
  const map = readClosedMap(input, "allow_failure");
  const exitCodes = map === undefined ? undefined : read(map, "exit_codes", readExitCodes);
  return exitCodes === undefined ? undefined : { exitCodes };
}
