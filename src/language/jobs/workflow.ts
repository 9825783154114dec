// GitLab Docs, "CI/CD YAML syntax reference": `workflow`.

import { decideRules } from "../condition/conditions.ts";
import type { ConditionWorld } from "../condition/path-conditions.ts";
import { defined } from "../defined.ts";
import { readAutoCancel } from "../keyword/auto-cancel.ts";
import { type RuleConfig, readRules } from "../keyword/conditions.ts";
import type { Plan } from "../plan.ts";
import { overlay, type Scope } from "../scope/scope.ts";
import { type Input, read, readClosedMap, readString } from "../tree/read.ts";
import type { Variable } from "../variables.ts";
import type { Configuration } from "./configuration.ts";
import { expandAll } from "./job-scope.ts";

type AutoCancel = Plan["autoCancel"];

export type Workflow = {
  readonly rules?: readonly RuleConfig[];
  readonly name?: Input;
  readonly autoCancel: Partial<AutoCancel>;
};

export function readWorkflow(input: Input | undefined): Workflow {
  const map = input === undefined ? undefined : readClosedMap(input, "workflow");
  if (map === undefined) return { autoCancel: {} };
  const rules = read(map, "rules", (value) => readRules(value, "workflow:rules"));
  const name = read(map, "name", (value) => (readString(value) === undefined ? undefined : value));
  return {
    autoCancel: read(map, "auto_cancel", readAutoCancel) ?? {},
    ...defined({ rules, name }),
  };
}

export type WorkflowDecision =
  | {
      readonly runs: true;
      /** The globals, overlaid by the matching rule's variables. */
      readonly variables: readonly Variable[];
      readonly autoCancel: AutoCancel;
      readonly name?: string;
    }
  | { readonly runs: false };

export async function decideWorkflow(
  workflow: Workflow,
  configuration: Configuration,
  scope: Scope,
  world: Omit<ConditionWorld, "lookup" | "shown">,
): Promise<WorkflowDecision> {
  const globals = configuration.variables;
  const lookup = scope.lookup(globals);
  const shown = scope.shown(globals);
  const expanded = scope.expanded(globals);
  const decision = await decideRules(
    workflow.rules ?? [{ when: "always" }],
    { when: "always" },
    { ...world, lookup, shown, expanded },
  );
  if (decision.outcome === "invalid") {
    const at = workflow.rules?.[decision.index]?.input;
    at?.report.error("invalid-rule", decision.message, at.path, at.node.place);
    return { runs: false };
  }
  if (decision.outcome === "excluded") return { runs: false };
  const variables = overlay(globals, decision.rule.variables ?? []);
  const name = expandName(workflow.name, [...scope.predefined, ...variables, ...scope.overriding]);
  const autoCancel = workflow.rules?.[decision.index]?.autoCancel;
  return {
    runs: true,
    variables,
    autoCancel: {
      onNewCommit: "conservative",
      onJobFailure: "none",
      ...workflow.autoCancel,
      ...autoCancel,
    },
    ...defined({ name }),
  };
}

function expandName(input: Input | undefined, variables: readonly Variable[]): string | undefined {
  if (input?.node.kind !== "scalar") return undefined;
  const name = expandAll(input.node.text, () => variables);
  return name.trim() === "" ? undefined : name.slice(0, 255);
}
