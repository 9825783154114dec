// GitLab Docs, "CI/CD inputs": `rules` of an input choose its `options` and `default` by other inputs.
import { evaluateExpression } from "../expression/evaluate-expression.ts";
import { parseExpression } from "../expression/parse-expression.ts";
import { child, withEntry } from "../tree/node.ts";
import { type Input, items, type MapInput, read, readClosedMap, readString } from "../tree/read.ts";

/** The settings with the `options` and `default` of the first rule that matches; unchanged without rules. */
export function ruledSettings(
  settings: MapInput,
  lookup: (input: string) => string | undefined,
): MapInput {
  for (const rule of read(settings, "rules", items) ?? []) {
    const map = readClosedMap(rule, "spec:inputs:rules");
    if (map === undefined || !matches(map, lookup)) continue;
    let { node } = settings;
    for (const key of ["options", "default"]) {
      const entry = map.node.entries.get(key);
      if (entry !== undefined && child(map.node, key)) node = withEntry(node, key, entry);
    }
    return { ...settings, node };
  }
  return settings;
}

function matches(rule: MapInput, lookup: (input: string) => string | undefined): boolean {
  const condition = child(rule.node, "if");
  return condition === undefined || (read(rule, "if", (input) => holds(input, lookup)) ?? false);
}

/** Inputs stand as `$[[ inputs.x ]]`: they become variables of the expression language, by number. */
function holds(input: Input, lookup: (input: string) => string | undefined): boolean | undefined {
  const text = readString(input);
  if (text === undefined) return undefined;
  const names: string[] = [];
  const expression = text.replaceAll(/\$\[\[\s*inputs\.([\w-]+)\s*\]\]/g, (_, name: string) => {
    names.push(name);
    return `$input_${names.length - 1}`;
  });
  const parsed = parseExpression(expression);
  if (parsed.ok) {
    return evaluateExpression(parsed.expression, (variable) =>
      lookup(names[Number(variable.slice("input_".length))] ?? ""),
    );
  }
  const message = `\`if\`: ${parsed.message}`;
  input.report.error("invalid-expression", message, input.path, input.node.place);
  return undefined;
}
