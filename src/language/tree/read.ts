// Values out of nodes: each reader gives a plain value, or reports what is wrong and gives undefined.
import { type KeywordSection, type KeywordTable, keywords } from "./keywords.ts";
import { didYouMean } from "./nearest.ts";
import { child, isNull, kindOf, type MapNode, type Node } from "./node.ts";
import type { Report } from "./report.ts";

/** A node, the path by which an author knows it, and where to complain. */
export type Input = { readonly node: Node; readonly path: string; readonly report: Report };

export function invalid(input: Input, message: string): undefined {
  input.report.error("invalid-value", message, input.path, input.node.place);
  return undefined;
}

/** The last part of the path: the keyword, usually. */
export function nameOf({ path }: Input): string {
  return path.split(":").at(-1) ?? path;
}

function expected(input: Input, wanted: string): undefined {
  return invalid(input, `\`${nameOf(input)}\` should be ${wanted}, but is ${kindOf(input.node)}.`);
}

function pathTo({ path }: Input, key: string): string {
  return path === "" ? key : `${path}:${key}`;
}

/** The value under a key of a map, with its path; undefined when absent or null. */
export function at(input: Input & { readonly node: MapNode }, key: string): Input | undefined {
  const node = child(input.node, key);
  return node === undefined ? undefined : { ...input, node, path: pathTo(input, key) };
}

/** Applies a reader to the value under a key, when there is one. */
export function read<Value>(
  input: MapInput,
  key: string,
  reader: (input: Input) => Value | undefined,
): Value | undefined {
  const value = at(input, key);
  return value === undefined ? undefined : reader(value);
}

export type MapInput = Input & { readonly node: MapNode };

export function readMap(input: Input): MapInput | undefined {
  const { node } = input;
  return node.kind === "map" ? { ...input, node } : expected(input, "a map");
}

/** A map whose keys are closed: unknown ones are errors, and the table's warnings are given. */
export function readClosedMap(input: Input, section: KeywordSection): MapInput | undefined {
  const map = readMap(input);
  if (map !== undefined) checkKeys(map, section);
  return map;
}

export function checkKeys(input: MapInput, section: KeywordSection): void {
  const table: KeywordTable = keywords[section];
  for (const [key, { keyPlace, value }] of input.node.entries) {
    const keyword = Object.hasOwn(table, key) ? table[key] : undefined;
    const path = pathTo(input, key);
    if (keyword === undefined) {
      const message = unknownKey(key, section, Object.keys(table));
      input.report.error("unknown-key", message, path, keyPlace);
    } else if (keyword.support === "accepted" && !isNull(value)) {
      input.report.warning("not-supported", keyword.note ?? "", path, keyPlace);
    } else if (keyword.support === "refused" && !isNull(value)) {
      input.report.error("not-supported", keyword.note ?? "", path, keyPlace);
    }
  }
}

function unknownKey(key: string, section: KeywordSection, known: readonly string[]): string {
  const isOfTrigger = section === "job with trigger";
  if (isOfTrigger && Object.hasOwn(keywords.job, key)) {
    return `\`${key}\` cannot be used in a job with \`trigger\`, which runs nothing itself.`;
  }
  if (section === "default" && Object.hasOwn(keywords.job, key)) {
    return `\`${key}\` cannot have a default; write it in the jobs, or in a hidden job that they extend.`;
  }
  const where = isOfTrigger || section === "job" ? "a job" : `\`${section}\``;
  return `\`${key}\` is not a keyword of ${where}.${didYouMean(key, known)}`;
}

/** A string; numbers and booleans are cast, as GitLab does for variables. */
export function readText(input: Input): string | undefined {
  return input.node.kind === "scalar" && input.node.value !== null
    ? input.node.text
    : expected(input, "a string");
}

/** A string and nothing that YAML takes for a number or a boolean, as GitLab wants it of all but variables. */
export function readString(input: Input): string | undefined {
  const { node } = input;
  if (node.kind !== "scalar" || node.value === null) return expected(input, "a string");
  if (typeof node.value === "string") return node.value;
  const message = `\`${nameOf(input)}\` should be a string, but is ${kindOf(node)}; put it in quotes.`;
  return invalid(input, message);
}

export function readBoolean(input: Input): boolean | undefined {
  const { node } = input;
  return node.kind === "scalar" && typeof node.value === "boolean"
    ? node.value
    : expected(input, "`true` or `false`");
}

export function readInteger(input: Input, least: number, most: number): number | undefined {
  const { node } = input;
  const value = node.kind === "scalar" ? node.value : undefined;
  const wanted = `a whole number from ${least} to ${most}`;
  if (typeof value !== "number") return expected(input, wanted);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return invalid(input, `\`${nameOf(input)}\` should be ${wanted}, but is ${value}.`);
}

export function readOneOf<const Word extends string>(
  input: Input,
  words: readonly Word[],
): Word | undefined {
  const { node } = input;
  const text = node.kind === "scalar" ? node.text : undefined;
  const word = words.find((candidate) => candidate === text);
  if (word !== undefined) return word;
  const help = text === undefined ? "" : didYouMean(text, words);
  return invalid(input, `\`${nameOf(input)}\` should be one of ${words.join(", ")}.${help}`);
}

/** The items of a list, each with its path `…[i]`. */
export function items(input: Input): readonly Input[] | undefined {
  const { node, path } = input;
  if (node.kind !== "list") return expected(input, "a list");
  return node.items.map((item, index) => ({ ...input, node: item, path: `${path}[${index}]` }));
}

export function readList<Value>(
  input: Input,
  reader: (input: Input) => Value | undefined,
): readonly Value[] | undefined {
  return items(input)
    ?.map(reader)
    .filter((value) => value !== undefined);
}

export function readStrings(input: Input): readonly string[] | undefined {
  return readList(input, readString);
}

/** A string, or a list of strings. */
export function readStringOrList(input: Input): readonly string[] | undefined {
  if (input.node.kind === "list") return readStrings(input);
  const { node } = input;
  return node.kind === "scalar" && typeof node.value === "string"
    ? [node.value]
    : expected(input, "a string or a list of strings");
}
