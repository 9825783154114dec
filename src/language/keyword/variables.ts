// GitLab Docs, "CI/CD YAML syntax reference": `variables`. Values are cast to strings.
import type { KeywordSection } from "../tree/keywords.ts";
import { isNull } from "../tree/node.ts";
import {
  type Input,
  invalid,
  read,
  readBoolean,
  readClosedMap,
  readMap,
  readStrings,
  readText,
} from "../tree/read.ts";
import type { Variable } from "../variables.ts";

/** Top-level `variables`: also `description` and `options`, which only a manual run uses. */
export function readGlobalVariables(input: Input): readonly Variable[] | undefined {
  return readVariables(input, "variables (global)");
}

/** `variables` of a job, a rule or a service. */
export function readJobVariables(input: Input): readonly Variable[] | undefined {
  return readVariables(input, "variables (job)");
}

function readVariables(input: Input, section: KeywordSection): readonly Variable[] | undefined {
  const map = readMap(input);
  if (map === undefined) return undefined;
  const variables: Variable[] = [];
  for (const [key, { value }] of map.node.entries) {
    const variable = readVariable(
      key,
      { ...input, node: value, path: `${input.path}:${key}` },
      section,
    );
    if (variable !== undefined) variables.push(variable);
  }
  return variables;
}

function readVariable(key: string, input: Input, section: KeywordSection): Variable | undefined {
  if (isNull(input.node)) return { key, value: "", public: true };
  if (input.node.kind !== "map") {
    const value = readText(input);
    return value === undefined ? undefined : { key, value, public: true };
  }
  const map = readClosedMap(input, section);
  if (map === undefined) return undefined;
  const value = read(map, "value", readText) ?? "";
  const options = read(map, "options", readStrings);
  const expand = read(map, "expand", readBoolean) ?? true;
  if (options !== undefined && !options.includes(value)) {
    return invalid(
      input,
      `The value of \`${key}\` should be one of its options: ${options.join(", ")}.`,
    );
  }
  return { key, value, public: true, ...(!expand && { raw: true }) };
}
