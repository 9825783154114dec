// GitLab's ways to expand variables (GitLab Docs, "Where variables can be used"): the server's and the
// runner's. The third, the shell's, is the shell's own.
import type { Lookup } from "../expression/expression.ts";
import type { Variable } from "../variables.ts";
import { stronglyConnected } from "./strongly-connected.ts";

export type Expanded =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly message: string };

/** Longest value that an expansion may give, in characters. */
export const MAX_EXPANDED_LENGTH = 1_048_576;
/** Most characters that all variables of a job may have together, expanded. */
export const MAX_EXPANDED_TOTAL = 4 * MAX_EXPANDED_LENGTH;

/** `$$` and `%%` come first, so that what follows them is not a reference. */
const SERVER_REFERENCE =
  /\$\$|%%|\$([a-zA-Z_][a-zA-Z0-9_]*)|\$\{([a-zA-Z_][a-zA-Z0-9_]*)\}|%([a-zA-Z_][a-zA-Z0-9_]*)%/g;

/**
 * The server's expander: `$NAME`, `${NAME}` and `%NAME%`, once; `$$` and `%%` stay. A name without a value
 * becomes empty, or with "keep" (`rules:changes`, `rules:exists`, `tags`) stays as written.
 */
export function expandServer(text: string, lookup: Lookup, unknown: "empty" | "keep"): Expanded {
  const pieces: string[] = [];
  let length = 0;
  let rest = 0;
  const add = (piece: string): boolean => {
    pieces.push(piece);
    length += piece.length;
    return length <= MAX_EXPANDED_LENGTH;
  };
  for (const match of text.matchAll(SERVER_REFERENCE)) {
    const name = match[1] ?? match[2] ?? match[3];
    if (name === undefined) continue;
    const value = lookup(name) ?? (unknown === "keep" ? match[0] : "");
    if (!add(text.slice(rest, match.index)) || !add(value)) return tooLong();
    rest = match.index + match[0].length;
  }
  return add(text.slice(rest)) ? { ok: true, value: pieces.join("") } : tooLong();
}

/** Names that a text refers to, in the server's syntax. */
export function serverReferences(text: string): string[] {
  if (!/[$%]/.test(text)) return [];
  return [...text.matchAll(SERVER_REFERENCE)].flatMap(([, plain, braced, percent]) => {
    const name = plain ?? braced ?? percent;
    return name === undefined ? [] : [name];
  });
}

/**
 * The runner's expander (`image`, `services`, `cache:key`, `artifacts`): `$var` and `${var}`, one pass, an
 * unknown name is empty. `$$` is `$`; the shell's own names (`* # @ ! ? 0`…`9`) are empty.
 */
export function expandRunner(text: string, lookup: Lookup): Expanded {
  const lastBrace = text.lastIndexOf("}");
  const pieces: string[] = [];
  let length = 0;
  let position = 0;
  while (position < text.length) {
    const dollar = text.indexOf("$", position);
    const until = dollar === -1 ? text.length : dollar;
    const reference = dollar === -1 ? NOTHING : runnerReference(text, dollar + 1, lastBrace);
    const value = reference.name === "$" ? "$" : runnerValue(reference.name, lookup);
    pieces.push(text.slice(position, until), value);
    length += until - position + value.length;
    if (length > MAX_EXPANDED_LENGTH) return tooLong();
    position = until + 1 + reference.width;
  }
  return { ok: true, value: pieces.join("") };
}

type RunnerReference = { readonly name: string | undefined; readonly width: number };
const NOTHING: RunnerReference = { name: undefined, width: 0 };
const SPECIAL = "*#$@!?-0123456789";

/** The reference whose text starts after the `$`; a lone `$` stands for itself, `${}` and `${` for nothing. */
function runnerReference(text: string, start: number, lastBrace: number): RunnerReference {
  const first = text.charAt(start);
  if (first === "{") {
    if (start >= lastBrace) return { name: undefined, width: 1 };
    const end = text.indexOf("}", start);
    return { name: text.slice(start + 1, end) || undefined, width: end - start + 1 };
  }
  if (first !== "" && SPECIAL.includes(first)) return { name: first, width: 1 };
  let end = start;
  while (end < text.length && /\w/.test(text.charAt(end))) end += 1;
  return end === start
    ? { name: "$", width: 0 }
    : { name: text.slice(start, end), width: end - start };
}

function runnerValue(name: string | undefined, lookup: Lookup): string {
  if (name === undefined) return "";
  return name.length === 1 && SPECIAL.includes(name) && name !== "-" ? "" : (lookup(name) ?? "");
}

/**
 * Expands variables by one another, as deep as they refer, on the server: one entry per key (the last), in
 * the order given. A variable that names itself gets the value it overrides. References to raw and file
 * variables and unknown names stay for the runner; with `all` they are replaced too, unknown ones by nothing.
 */
export function sortAndExpand(
  variables: readonly Variable[],
  mode: "for-runner" | "all" = "for-runner",
): { readonly variables: Variable[] } | { readonly error: string } {
  const graph = linkVariables(variables);
  const components = stronglyConnected(graph.winners, graph.targetsOf);
  const circular = circularIn(components);
  if (circular !== undefined) return { error: circular };
  const done = new Map<Variable, Variable>();
  let total = 0;
  for (const variable of components.flat()) {
    const expanded = expandOne(variable, mode, (name) => {
      const target = graph.resolve(variable, name);
      return target && done.get(target);
    });
    if (!expanded.ok) return { error: `${variable.key}: ${expanded.message}` };
    total += expanded.value.length;
    if (total > MAX_EXPANDED_TOTAL) return { error: tooMuch(variable.key) };
    done.set(variable, { ...variable, value: expanded.value });
  }
  return { variables: graph.winners.map((variable) => done.get(variable) ?? variable) };
}

/** The error of variables that refer to one another in a circle, or undefined. */
export function circularVariables(variables: readonly Variable[]): string | undefined {
  if (!variables.some(({ value, raw }) => !raw && /[$%]/.test(value))) return undefined;
  const graph = linkVariables(variables);
  return circularIn(stronglyConnected(graph.winners, graph.targetsOf));
}

function circularIn(components: readonly (readonly Variable[])[]): string | undefined {
  const cycles = components.filter((component) => component.length > 1);
  if (cycles.length === 0) return undefined;
  const named = cycles.map((cycle) => `[${cycle.map(({ key }) => key).join(", ")}]`).join(", ");
  return `circular variable reference detected: ${named}`;
}

function expandOne(
  variable: Variable,
  mode: "for-runner" | "all",
  find: (name: string) => Variable | undefined,
): Expanded {
  if (variable.raw || !/[$%]/.test(variable.value)) return { ok: true, value: variable.value };
  const lookup = (name: string) => {
    const target = find(name);
    const isKept = mode === "for-runner" && (target?.raw || target?.file);
    return isKept ? undefined : target?.value;
  };
  return expandServer(variable.value, lookup, mode === "all" ? "empty" : "keep");
}

/** Which entry of the list a name means: the last with that key, but for the variable itself the one before it. */
function linkVariables(variables: readonly Variable[]) {
  const last = new Map<string, Variable>();
  const overridden = new Map<Variable, Variable>();
  for (const variable of variables.map((entry) => ({ ...entry }))) {
    const before = last.get(variable.key);
    if (before) overridden.set(variable, before);
    last.delete(variable.key);
    last.set(variable.key, variable);
  }
  const resolve = (from: Variable, name: string) =>
    name === from.key ? overridden.get(from) : last.get(name);
  const targetsOf = (from: Variable) =>
    from.raw ? [] : serverReferences(from.value).flatMap((name) => resolve(from, name) ?? []);
  return { winners: [...last.values()], resolve, targetsOf };
}

function tooLong(): Expanded {
  const message = `the expanded value is longer than the limit of ${MAX_EXPANDED_LENGTH} characters`;
  return { ok: false, message };
}

function tooMuch(key: string): string {
  return `${key}: the variables of the job are together longer than the limit of ${MAX_EXPANDED_TOTAL} characters when expanded`;
}
