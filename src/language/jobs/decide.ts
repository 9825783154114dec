// Which jobs are in the pipeline, and what the matching rule changes about them (GitLab Docs, "CI/CD YAML
// syntax reference": `rules`, `only`/`except`, `when`, `allow_failure`).

import { decideOnlyExcept, decideRules } from "../condition/conditions.ts";
import type { ConditionWorld } from "../condition/path-conditions.ts";
import { defined } from "../defined.ts";
import type { Lookup } from "../expression/expression.ts";
import { type CacheConfig, withPolicy } from "../keyword/cache.ts";
import type { RuleConfig } from "../keyword/conditions.ts";
import type { NeedConfig } from "../keyword/needs.ts";
import type { CacheOptions, PlannedJob } from "../plan.ts";
import { circularVariables, expandServer } from "../scope/expand.ts";
import { inheritedVariables, overlay, type Scope } from "../scope/scope.ts";
import { child } from "../tree/node.ts";
import type { Variable } from "../variables.ts";
import type { JobInstance } from "./instances.ts";
import { createJobScope } from "./job-scope.ts";

/** A job that is in; only its needs are still by the names of the configuration. */
export type IncludedJob = {
  readonly instance: JobInstance;
  readonly job: Omit<PlannedJob, "needs" | "dependencies">;
  readonly needs?: readonly NeedConfig[];
};

export type DecisionContext = {
  readonly scope: Scope;
  readonly world: Omit<ConditionWorld, "lookup" | "shown">;
  /** With those of `workflow:rules`. */
  readonly globals: readonly Variable[];
  readonly hasWorkflowRules: boolean;
};

/** The job as planned, or undefined when the conditions leave it out or it is reported as wrong. */
export async function decideJob(
  instance: JobInstance,
  context: DecisionContext,
): Promise<IncludedJob | undefined> {
  const { config } = instance;
  const variables = overlay(
    inheritedVariables(context.globals, config.inheritedVariables),
    config.variables,
    instance.variables,
  );
  const { scope } = context;
  const { predefined } = createJobScope(instance, variables, scope);
  const world = {
    ...context.world,
    lookup: scope.lookup(variables, predefined),
    shown: scope.shown(variables, predefined),
    expanded: scope.expanded(variables, predefined),
  };
  if (config.rules !== undefined) {
    return decideByRules(instance, config.rules, variables, world, scope);
  }
  const { only, except } = config;
  const isIn = await decideOnlyExcept(only, except, world, context.hasWorkflowRules);
  return isIn ? included(instance, {}, variables, world.shown, scope) : undefined;
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
      ...defined({
        startInSeconds,
        allowFailure: rule.allowFailure,
        interruptible: rule.interruptible,
        needs: rule.needs,
      }),
    },
    overlay(variables, rule.variables ?? []),
    world.shown,
    scope,
  );
}

type FromRule = Partial<
  Pick<PlannedJob, "when" | "rulesMatched" | "startInSeconds" | "interruptible">
> & { readonly allowFailure?: boolean; readonly needs?: readonly NeedConfig[] };

function included(
  instance: JobInstance,
  fromRule: FromRule,
  variables: readonly Variable[],
  lookup: Lookup,
  scope: Scope,
): IncludedJob | undefined {
  const { config, name, parallel } = instance;
  if (isCircular(instance, variables, scope)) return undefined;
  const { needs: ruleNeeds, allowFailure, ...decided } = fromRule;
  const { dependencies: _, resourceGroup: group, ...settled } = config.settled;
  const needs = ruleNeeds ?? config.needs;
  const { expand } = createJobScope(instance, variables, scope);
  const resourceGroup = group && expand(group);
  return {
    instance,
    job: {
      name,
      stage: config.stage,
      when: config.when ?? "on_success",
      interruptible: config.interruptible,
      ...settled,
      ...defined({ startInSeconds: config.startInSeconds }),
      ...decided,
      ...failureAllowed(config.allowFailure ?? config.when === "manual", allowFailure),
      ...(resourceGroup && { resourceGroup }),
      runnerTags: settled.runnerTags.map((tag) => expandTag(tag, lookup)),
      cache: settled.cache.map((cache) => plannedCache(cache, instance, expand)),
      ...defined({ parallel }),
      variables,
    },
    ...defined({ needs }),
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

/** Reports variables that refer to one another in a circle; globals among themselves are looked at once for all jobs. */
function isCircular(
  { config, variables: ofMatrix }: JobInstance,
  variables: readonly Variable[],
  scope: Scope,
): boolean {
  const addsNothing =
    config.variables.length === 0 && ofMatrix.length === 0 && config.rules === undefined;
  const problem = addsNothing ? undefined : circularVariables([...variables, ...scope.overriding]);
  if (problem === undefined) return false;
  const { node, path, report } = config.input;
  const place = (child(node, "variables") ?? node).place;
  report.error("circular-variables", problem, `${path}:variables`, place);
  return true;
}

/** Tags choose the runner before any job variable is expanded; unknown names stay as written. */
function expandTag(tag: string, lookup: Lookup): string {
  const expanded = expandServer(tag, lookup, "keep");
  return expanded.ok ? expanded.value : tag;
}

function plannedCache(
  config: CacheConfig,
  { config: { input } }: JobInstance,
  expand: (text: string) => string,
): CacheOptions {
  const { cache, problem } = withPolicy(config, expand);
  if (problem !== undefined) {
    const place = (child(input.node, "cache") ?? input.node).place;
    input.report.warning("invalid-value", problem, `${input.path}:cache`, place);
  }
  return cache;
}
