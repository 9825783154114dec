import type { ConditionWorld } from "#language/condition/path-conditions.ts";
import type { Expression } from "#language/expression/expression.ts";
import { parseExpression } from "#language/expression/parse-expression.ts";
import type { PipelineFacts } from "#language/facts.ts";
import type { ConfigReader } from "#language/source.ts";
import { branch, mergeRequestFacts, pushFacts, tag } from "../sample-facts.ts";

const VARIABLES: Record<string, string> = { DEPLOY: "yes", DIR: "docs", TARGET: "main", EMPTY: "" };

/** Facts and variables that conditions are judged by, and files where a test needs some. */
export function world(facts: PipelineFacts, reader: Partial<ConfigReader> = {}): ConditionWorld {
  return {
    facts,
    lookup: (name) => VARIABLES[name],
    shown: (name) => VARIABLES[name],
    reader: {
      local: async () => undefined,
      paths: async () => [],
      changedPaths: async () => {
        throw new Error("asked what changed");
      },
      ...reader,
    },
  };
}

export function expression(text: string): Expression {
  const parsed = parseExpression(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.expression;
}

/** What pipelines are started for. */
export const STARTS = {
  PUSH: pushFacts(),
  FEATURE: pushFacts(branch("feature/a")),
  TAG: pushFacts(tag("v1.2.0")),
  MERGE_REQUEST: mergeRequestFacts(),
  SCHEDULE: pushFacts({ source: "schedule" }),
  WEB: pushFacts({ source: "web" }),
  API: pushFacts({ source: "api" }),
  CHILD: pushFacts({ source: "parent_pipeline" }),
};
