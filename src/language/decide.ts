// Which jobs are in the pipeline, and what the matching rule changes about them (GitLab Docs, "CI/CD YAML
// syntax reference": `rules`, `only`/`except`, `when`, `allow_failure`).
import { decideOnlyExcept, decideRules } from "./conditions.ts";
import type { JobInstance } from "./instances.ts";
import type { RuleConfig } from "./keyword/conditions.ts";
import type { NeedConfig } from "./keyword/needs.ts";
import type { ConditionWorld } from "./path-conditions.ts";
import type { PlannedJob } from "./plan.ts";
import { jobVariablesOf } from "./predefined-job.ts";
import { expandResourceGroup } from "./resource-group.ts";
import { inheritedVariables, overlay, type Scope } from "./scope.ts";
import type { Variable } from "./variables.ts";

/** A job that is in; only its needs are still by the names of the configuration. */
export type IncludedJob = {
  readonly instance: JobInstance;
  readonly job: Omit<PlannedJob, "needs" | "dependencies">;
  readonly needs?: readonly NeedConfig[];
};

export type DecisionContext = {
  readonly scope: Scope;
  readonly world: Omit<ConditionWorld, "lookup">;
  /** With those of `workflow:rules`. */
  readonly globals: readonly Variable[];
  readonly hasWorkflowRules: boolean;
};

/** The job as planned, or undefined when the conditions leave it out or it is reported as wrong. */
export async function decideJob(
  instance: JobInstance,
  context: DecisionContext,
): Promise<IncludedJob | undefined> {
  const { config, name, parallel } = instance;
  const variables = overlay(
    inheritedVariables(context.globals, config.inheritedVariables),
    config.variables,
    instance.variables,
  );
  const description = {
    name,
    stage: config.stage,
    ...(config.settled.image && { image: config.settled.image }),
    ...(parallel && { parallel }),
  };
  const lookup = context.scope.lookup(variables, jobVariablesOf(description));
  const world = { ...context.world, lookup };
  if (config.rules !== undefined) {
    return decideByRules(instance, config.rules, variables, world, context.scope);
  }
  const { only, except } = config;
  const isIn = await decideOnlyExcept(only, except, world, context.hasWorkflowRules);
  return isIn ? included(instance, {}, variables, context.scope) : undefined;
}

async function decideByRules(
  instance: JobInstance,
  rules: readonly RuleConfig[],
  variables: readonly Variable[],
  world: ConditionWorld,
  scope: Scope,
): Promise<IncludedJob | undefined> {
  const { when } = instance.config;
  const decision = await decideRules(rules, { ...(when && { when }) }, world);
  if (decision.outcome === "invalid") {
    const input = rules[decision.index]?.input;
    input?.report.error("invalid-rule", decision.message, input.path, input.node.place);
    return undefined;
  }
  if (decision.outcome === "excluded") return undefined;
  const { rule, index, startInSeconds } = decision;
  return included(
    instance,
    {
      when: decision.when,
      rulesMatched: index,
      ...(startInSeconds !== undefined && { startInSeconds }),
      ...(rule.allowFailure !== undefined && { allowFailure: rule.allowFailure }),
      ...(rule.interruptible !== undefined && { interruptible: rule.interruptible }),
      ...(rule.needs !== undefined && { needs: rule.needs }),
    },
    overlay(variables, rule.variables ?? []),
    scope,
  );
}

type FromRule = Partial<
  Pick<PlannedJob, "when" | "rulesMatched" | "startInSeconds" | "interruptible">
> & { readonly allowFailure?: boolean; readonly needs?: readonly NeedConfig[] };

function included(
  { config, name, parallel, ...instance }: JobInstance,
  fromRule: FromRule,
  variables: readonly Variable[],
  scope: Scope,
): IncludedJob {
  const { needs: ruleNeeds, allowFailure, ...decided } = fromRule;
  const { dependencies: _, ...settled } = config.settled;
  const needs = ruleNeeds ?? config.needs;
  const resourceGroup = expandResourceGroup(config, name, variables, scope);
  return {
    instance: { config, name, ...instance, ...(parallel && { parallel }) },
    job: {
      name,
      stage: config.stage,
      when: config.when ?? "on_success",
      interruptible: config.interruptible,
      ...settled,
      ...(config.startInSeconds !== undefined && { startInSeconds: config.startInSeconds }),
      ...decided,
      ...failureAllowed(config.allowFailure ?? config.when === "manual", allowFailure),
      ...(resourceGroup !== undefined && { resourceGroup }),
      ...(parallel && { parallel }),
      variables,
    },
    ...(needs !== undefined && { needs }),
  };
}

/** A rule's value replaces the job's as a whole; a manual job is optional only if the job itself is manual. */
function failureAllowed(
  ofJob: boolean | { readonly exitCodes: readonly number[] },
  ofRule: boolean | undefined,
): Pick<PlannedJob, "allowFailure" | "allowFailureExitCodes"> {
  if (ofRule !== undefined) return { allowFailure: ofRule };
  if (typeof ofJob === "boolean") return { allowFailure: ofJob };
  return { allowFailure: false, allowFailureExitCodes: ofJob.exitCodes };
}
