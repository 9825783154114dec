// GitLab Docs, "CI/CD YAML syntax reference": `rules`, `workflow:rules`, `only` and `except`, read into the
// position-free form that ../conditions.ts decides.

import type { OnlyPolicy, Rule } from "../condition/conditions.ts";
import type { ChangesClause, ExistsClause } from "../condition/path-conditions.ts";
import { parseRefPattern, type RefPattern } from "../condition/ref-pattern.ts";
import { defined } from "../defined.ts";
import type { Expression } from "../expression/expression.ts";
import { parseExpression } from "../expression/parse-expression.ts";
import { limits } from "../limits.ts";
import type { Plan, When } from "../plan.ts";
import type { KeywordSection } from "../tree/keywords.ts";
import {
  type Input,
  invalid,
  items,
  nameOf,
  read,
  readBoolean,
  readClosedMap,
  readList,
  readOneOf,
  readString,
  readStrings,
} from "../tree/read.ts";
import { readAutoCancel } from "./auto-cancel.ts";
import { parseDuration } from "./duration.ts";
import { type NeedConfig, readNeeds } from "./needs.ts";
import { readJobVariables } from "./variables.ts";

const whens = ["on_success", "on_failure", "always", "manual", "delayed"] as const;

export function readWhen(input: Input): When | undefined {
  return readOneOf(input, whens);
}

/** Rules with the nodes they came from, for what is found out only when they are decided. */
export type RuleConfig = Rule<NeedConfig> & {
  readonly input: Input;
  /** `workflow:rules:auto_cancel`. */
  readonly autoCancel?: Partial<Plan["autoCancel"]>;
};

export function readRules(
  input: Input,
  section: Extract<KeywordSection, "rules" | "workflow:rules" | "include:rules">,
  level = 1,
): readonly RuleConfig[] | undefined {
  if (level > limits.nestedLists) {
    const message = `\`rules\` are nested more than ${limits.nestedLists} levels deep, the limit.`;
    input.report.error("limit-exceeded", message, input.path, input.node.place);
    return undefined;
  }
  const entries = items(input);
  if (entries?.length === 0 && level === 1) {
    return invalid(
      input,
      "`rules` should not be empty: without a rule that matches, nothing runs.",
    );
  }
  return entries?.flatMap((entry) => {
    if (entry.node.kind === "list") return readRules(entry, section, level + 1) ?? [];
    return readRule(entry, section) ?? [];
  });
}

function readRule(
  input: Input,
  section: "rules" | "workflow:rules" | "include:rules",
): RuleConfig | undefined {
  const map = readClosedMap(input, section);
  if (map === undefined) return undefined;
  if (map.node.entries.size === 0) return invalid(input, "A rule should not be empty.");
  const condition = read(map, "if", readExpression);
  const changes = read(map, "changes", readChanges);
  const exists = read(map, "exists", readExists);
  const when = read(map, "when", (value) =>
    readOneOf(value, section === "rules" ? [...whens, "never"] : ["always", "never"]),
  );
  const startInSeconds = read(map, "start_in", readStartIn);
  const allowFailure = read(map, "allow_failure", readBoolean);
  const needs = section === "rules" ? read(map, "needs", readNeeds) : undefined;
  const variables = read(map, "variables", readJobVariables);
  const interruptible = read(map, "interruptible", readBoolean);
  const autoCancel = read(map, "auto_cancel", readAutoCancel);
  if (when === "delayed" && startInSeconds === undefined && !map.node.entries.has("start_in")) {
    invalid(input, "`when: delayed` needs `start_in`, for example `start_in: 30 minutes`.");
  }
  if (when !== "delayed" && startInSeconds !== undefined) {
    invalid(input, "`start_in` needs `when: delayed`.");
  }
  return {
    ...defined({
      if: condition,
      changes,
      exists,
      when,
      startInSeconds,
      allowFailure,
      needs,
      variables,
      interruptible,
      autoCancel,
    }),
    input,
  };
}

export function readStartIn(input: Input): number | undefined {
  const text = readString(input);
  const seconds = text === undefined ? undefined : parseDuration(text);
  if (text === undefined || (seconds !== undefined && seconds > 0 && seconds <= 604_800)) {
    return seconds;
  }
  return invalid(
    input,
    "`start_in` should be a duration of at most one week, such as `30 minutes`.",
  );
}

function readExpression(input: Input): Expression | undefined {
  const text = readString(input);
  if (text === undefined) return undefined;
  const parsed = parseExpression(text);
  if (parsed.ok) return parsed.expression;
  const message = `\`${nameOf(input)}\`: ${parsed.message}`;
  input.report.error("invalid-expression", message, input.path, input.node.place);
  return undefined;
}

function readPatterns(input: Input): readonly string[] | undefined {
  const patterns = readStrings(input);
  if (patterns === undefined) return undefined;
  if (patterns.length > limits.patterns) {
    const message = `There are ${patterns.length} patterns; the limit is ${limits.patterns}.`;
    input.report.error("limit-exceeded", message, input.path, input.node.place);
  }
  const relative = patterns.find((pattern) => pattern.startsWith("./"));
  if (relative !== undefined) {
    const message = `\`${relative}\` never matches: paths begin without \`./\`.`;
    input.report.warning("never-matches", message, input.path, input.node.place);
  }
  return patterns;
}

function readChanges(input: Input): ChangesClause | undefined {
  if (input.node.kind === "scalar") {
    return invalid(input, "`changes` should be a list of paths, or a map with `paths`.");
  }
  if (input.node.kind !== "map") {
    const paths = readPatterns(input);
    return paths === undefined ? undefined : { paths };
  }
  const map = readClosedMap(input, "rules:changes");
  if (map === undefined) return undefined;
  const paths = read(map, "paths", readPatterns);
  const compareTo = read(map, "compare_to", readString);
  if (paths === undefined) return invalid(input, "`changes` needs `paths`.");
  return { paths, ...defined({ compareTo }) };
}

function readExists(input: Input): ExistsClause | undefined {
  if (input.node.kind !== "map") {
    const paths = input.node.kind === "scalar" ? [readString(input) ?? ""] : readPatterns(input);
    return paths === undefined ? undefined : { paths };
  }
  const map = readClosedMap(input, "rules:exists");
  if (map === undefined) return undefined;
  const paths = read(map, "paths", readPatterns);
  const project = read(map, "project", readString);
  const ref = read(map, "ref", readString);
  if (paths === undefined) return invalid(input, "`exists` needs `paths`.");
  if (ref !== undefined && project === undefined)
    invalid(input, "`ref` needs `project` beside it.");
  return {
    paths,
    ...defined({ project, ref }),
  };
}

/** `only` and `except`: a list of refs, or a map of conditions. */
export function readOnlyPolicy(input: Input): OnlyPolicy | undefined {
  if (input.node.kind === "list") {
    const refs = readList(input, readRefPattern);
    return refs === undefined ? undefined : { refs };
  }
  if (input.node.kind !== "map") {
    return invalid(input, `\`${nameOf(input)}\` should be a list of refs, or a map of conditions.`);
  }
  const map = readClosedMap(input, "only / except");
  if (map === undefined) return undefined;
  if (map.node.entries.size === 0) {
    return invalid(input, `\`${nameOf(input)}\` should not be empty.`);
  }
  const refs = read(map, "refs", (value) => readList(value, readRefPattern));
  const variables = read(map, "variables", (value) => readList(value, readExpression));
  const changes = read(map, "changes", readPatterns);
  const kubernetes = read(map, "kubernetes", (value) => readOneOf(value, ["active"]));
  return {
    ...defined({ refs, variables, changes, kubernetes }),
  };
}

function readRefPattern(input: Input): RefPattern | undefined {
  const text = readString(input);
  if (text === undefined) return undefined;
  const parsed = parseRefPattern(text);
  return parsed.ok ? parsed.pattern : invalid(input, parsed.message);
}
