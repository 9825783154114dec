import { defined } from "../defined.ts";
import type { Plan } from "../plan.ts";
import { type Input, read, readClosedMap, readOneOf } from "../tree/read.ts";

/** `auto_cancel` of `workflow`, or of one of its rules. */
export function readAutoCancel(input: Input): Partial<Plan["autoCancel"]> | undefined {
  const map = readClosedMap(input, "workflow:auto_cancel");
  if (map === undefined) return undefined;
  const onNewCommit = read(map, "on_new_commit", (value) =>
    readOneOf(value, ["conservative", "interruptible", "none"]),
  );
  const onJobFailure = read(map, "on_job_failure", (value) => readOneOf(value, ["all", "none"]));
  return {
    ...defined({ onNewCommit, onJobFailure }),
  };
}
