import { evaluateExpression } from "../expression/evaluate-expression.ts";
import type { Expression } from "../expression/expression.ts";
import type { Need, When } from "../plan.ts";
import type { Variable } from "../variables.ts";
import {
  type ChangesClause,
  type ConditionResult,
  type ConditionWorld,
  changesHold,
  type ExistsClause,
  existsHolds,
} from "./path-conditions.ts";
import { matchesRef, type RefPattern } from "./ref-pattern.ts";

/** One entry of `rules` or `workflow:rules`: it matches when all its clauses hold; without a clause, always. */
export type Rule<RuleNeed = Need> = {
  readonly if?: Expression;
  readonly changes?: ChangesClause;
  readonly exists?: ExistsClause;
  readonly when?: When | "never";
  readonly startInSeconds?: number;
  readonly allowFailure?: boolean;
  /** Replaces the job's `needs`. */
  readonly needs?: readonly RuleNeed[];
  readonly variables?: readonly Variable[];
  readonly interruptible?: boolean;
};

/** What the job says where the matching rule says nothing. */
export type RuleDefaults = {
  /** The job's `when`; `always` for `workflow:rules`. Absent: `on_success`. */
  readonly when?: When;
};

/** What `rules` decide, with only what the matching rule itself says beside `when`. */
export type RuleDecision<RuleNeed = Need> =
  | {
      readonly outcome: "included";
      readonly when: When;
      readonly startInSeconds?: number;
      /** The rule that matched, and its place, from 0. */
      readonly rule: Rule<RuleNeed>;
      readonly index: number;
    }
  /** No rule matched, or the matching rule (`index`) says `never`. */
  | { readonly outcome: "excluded"; readonly index?: number }
  | { readonly outcome: "invalid"; readonly index: number; readonly message: string };

/** `only` or `except` with `refs`, `variables`, `changes`, `kubernetes`. */
export type OnlyPolicy = {
  readonly refs?: readonly RefPattern[];
  readonly variables?: readonly Expression[];
  readonly changes?: readonly string[];
  /** Never holds: Slipway manages no cluster. */
  readonly kubernetes?: "active";
};

/** What `only` is for a job with neither `rules` nor `only`, and what its `refs` are where only other keys are given. */
export const DEFAULT_REFS: readonly RefPattern[] = [
  { ref: { type: "name", name: "branches" } },
  { ref: { type: "name", name: "tags" } },
];

/** Finds the first rule that matches (GitLab Docs, "CI/CD YAML syntax reference", `rules`). */
export async function decideRules<RuleNeed = Need>(
  rules: readonly Rule<RuleNeed>[],
  defaults: RuleDefaults,
  world: ConditionWorld,
): Promise<RuleDecision<RuleNeed>> {
  for (const [index, rule] of rules.entries()) {
    const result = await ruleMatches(rule, world);
    if (!result.ok) return { outcome: "invalid", index, message: result.message };
    if (!result.holds) continue;
    const when = rule.when ?? defaults.when ?? "on_success";
    if (when === "never") return { outcome: "excluded", index };
    const { startInSeconds } = rule;
    const start = startInSeconds === undefined ? {} : { startInSeconds };
    return { outcome: "included", when, ...start, rule, index };
  }
  return { outcome: "excluded" };
}

async function ruleMatches(rule: Rule<unknown>, world: ConditionWorld): Promise<ConditionResult> {
  if (rule.if && !evaluateExpression(rule.if, world.lookup)) return { ok: true, holds: false };
  if (rule.changes) {
    const result = await changesHold(rule.changes, world);
    if (!result.ok || !result.holds) return result;
  }
  return rule.exists ? existsHolds(rule.exists, world) : { ok: true, holds: true };
}

/**
 * Whether a job without `rules` is in: all that `only` says holds and nothing that `except` says does.
 * An absent `only` means branches and tags, unless the configuration has `workflow:rules`.
 */
export async function decideOnlyExcept(
  only: OnlyPolicy | undefined,
  except: OnlyPolicy | undefined,
  world: ConditionWorld,
  hasWorkflowRules = false,
): Promise<boolean> {
  const wanted = only || !hasWorkflowRules ? { refs: DEFAULT_REFS, ...only } : {};
  for (const holds of policyChecks(wanted, world)) {
    if (!(await holds())) return false;
  }
  for (const holds of policyChecks(except ?? {}, world)) {
    if (await holds()) return false;
  }
  return true;
}

/** One check per key that is there, the cheap ones first. */
function policyChecks(
  { refs, kubernetes, variables, changes }: OnlyPolicy,
  world: ConditionWorld,
): (() => boolean | Promise<boolean>)[] {
  return [
    ...(refs ? [() => refs.some((pattern) => matchesRef(pattern, world.facts))] : []),
    ...(kubernetes ? [() => false] : []),
    ...(variables
      ? [() => variables.some((expression) => evaluateExpression(expression, world.lookup))]
      : []),
    ...(changes
      ? [
          async () => {
            // Variables are not expanded here, as they are in `rules:changes`.
            const unexpanded = { ...world, expanded: () => undefined };
            const result = await changesHold({ paths: changes }, unexpanded);
            return result.ok && result.holds;
          },
        ]
      : []),
  ];
}
