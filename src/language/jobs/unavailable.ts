// Jobs that GitLab would run and Slipway cannot: they fail and say why, so that nothing passes with nothing done.
import { child, type MapNode } from "../tree/node.ts";

const steps = "Steps (run) are not available here: write the commands in script.";
const otherProject =
  "Pipelines of other projects are not started from here: use trigger:include, or start them with a script.";

/** The commands of such a job, or undefined for all others. */
export function unavailableScript(job: MapNode): readonly string[] | undefined {
  if (child(job, "script") !== undefined) return undefined;
  if (child(job, "run") !== undefined) return failure(steps);
  const trigger = child(job, "trigger");
  if (trigger === undefined || (trigger.kind === "map" && child(trigger, "include"))) {
    return undefined;
  }
  return failure(otherProject);
}

function failure(reason: string): readonly string[] {
  return [`echo '${reason}' >&2`, "exit 1"];
}
