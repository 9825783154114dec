import type { Variable } from "#language/variables.ts";

export type PushOptions = {
  readonly skip: boolean;
  readonly variables: readonly Variable[];
  readonly inputs: Readonly<Record<string, string>>;
};

/** GitLab Docs, "Push options": `ci.skip`, `ci.variable=K=V` (repeatable), `ci.input=name=value`. */
export function readPushOptions(options: readonly string[]): PushOptions {
  const variables: Variable[] = [];
  const inputs: Record<string, string> = {};
  for (const option of options) {
    const variable = assignment(option, "ci.variable=");
    if (variable !== undefined) {
      variables.push({ key: variable.name, value: variable.value, public: true });
    }
    const input = assignment(option, "ci.input=");
    if (input !== undefined) inputs[input.name] = input.value;
  }
  return { skip: options.includes("ci.skip"), variables, inputs };
}

function assignment(option: string, prefix: string): { name: string; value: string } | undefined {
  if (!option.startsWith(prefix)) return undefined;
  const text = option.slice(prefix.length).replace(/^"(.*)"$/s, "$1");
  const equals = text.indexOf("=");
  return equals < 1 ? undefined : { name: text.slice(0, equals), value: text.slice(equals + 1) };
}
