// GitLab Docs, "CI/CD inputs": the header's `spec:inputs` and the values given for them.

import { compileRegex } from "../expression/regex.ts";
import { limits } from "../limits.ts";
import { didYouMean } from "../tree/nearest.ts";
import {
  type Entries,
  isNull,
  kindOf,
  type Node,
  type Place,
  scalarNode,
  textOf,
} from "../tree/node.ts";
import {
  at,
  type Input,
  invalid,
  items,
  type MapInput,
  read,
  readClosedMap,
  readMap,
  readOneOf,
  readString,
} from "../tree/read.ts";
import type { Report } from "../tree/report.ts";
import { ruledSettings } from "./input-rules.ts";

const types = ["string", "number", "boolean", "array"] as const;
type InputType = (typeof types)[number];

/** Values of all inputs that the header declares: given, or the default; wrong ones are reported. */
export function readInputs(
  header: Node,
  given: Entries,
  givenAt: Place,
  report: Report,
): ReadonlyMap<string, Node> {
  const map = readClosedMapOf(header, report);
  const declared = (map && read(map, "inputs", readMap))?.node.entries ?? new Map<string, never>();
  const values = new Map<string, Node>();
  const lookup = (name: string): string | undefined => {
    const value =
      values.get(name) ?? given.get(name)?.value ?? defaultOf(declared.get(name)?.value);
    return value === undefined ? undefined : textOf(value);
  };
  for (const [name, { keyPlace, value }] of declared) {
    const input = { node: value, path: `spec:inputs:${name}`, report };
    const chosen = readInput(name, input, given.get(name)?.value, givenAt, lookup);
    values.set(name, chosen ?? scalarNode("", "", keyPlace));
  }
  refuseUnknown(given, [...values.keys()], report);
  return values;
}

function defaultOf(settings: Node | undefined): Node | undefined {
  return settings?.kind === "map" ? settings.entries.get("default")?.value : undefined;
}

/** Inputs that no header declares are mistakes. */
export function refuseUnknown(given: Entries, known: readonly string[], report: Report): void {
  for (const [name, { keyPlace }] of given) {
    if (known.includes(name)) continue;
    const help = didYouMean(name, known);
    const message = `There is no input \`${name}\` in \`spec:inputs\` of the file.${help}`;
    report.error("unknown-input", message, `inputs:${name}`, keyPlace);
  }
}

function readClosedMapOf(header: Node, report: Report): MapInput | undefined {
  const root = readMap({ node: header, path: "", report });
  const spec = root && at(root, "spec");
  return spec && readClosedMap(spec, "spec");
}

function readInput(
  name: string,
  input: Input,
  given: Node | undefined,
  givenAt: Place,
  lookup: (name: string) => string | undefined,
): Node | undefined {
  const written = isNull(input.node) ? undefined : readClosedMap(input, "spec:inputs");
  const settings = written && ruledSettings(written, lookup);
  const type = (settings && read(settings, "type", (value) => readOneOf(value, types))) ?? "string";
  const chosen = given ?? defaultOf(settings?.node);
  if (chosen === undefined) {
    const message = `The input \`${name}\` has no default and no value was given.`;
    input.report.error("missing-input", message, input.path, givenAt);
    return undefined;
  }
  const value = typed(name, type, { ...input, node: chosen });
  if (value === undefined || settings === undefined) return value;
  checkOptions(name, settings, value);
  checkRegex(name, type, settings, value);
  return value;
}

/** A value given as a string (by a push option, say) may stand for a number, a boolean or a list. */
function typed(name: string, type: InputType, input: Input): Node | undefined {
  const { node } = input;
  const wrong = () =>
    invalid(
      input,
      `The input \`${name}\` should be ${type === "array" ? "an array" : `a ${type}`}, but is ${kindOf(node)}.`,
    );
  if (type === "array") return node.kind === "list" ? node : wrong();
  if (node.kind !== "scalar") return wrong();
  const { place, text, value } = node;
  if (type === "string") return typeof value === "string" ? node : wrong();
  if (typeof value === type) return node;
  if (type === "number" && text.trim() !== "" && Number.isFinite(Number(text))) {
    return scalarNode(Number(text), text, place);
  }
  if (type === "boolean" && (text === "true" || text === "false")) {
    return scalarNode(text === "true", text, place);
  }
  return wrong();
}

function checkOptions(name: string, settings: MapInput, value: Node): void {
  const options = read(settings, "options", items);
  if (options === undefined) return;
  if (options.length > limits.inputOptions) {
    const message = `The input \`${name}\` has ${options.length} options; the limit is ${limits.inputOptions}.`;
    settings.report.error("limit-exceeded", message, settings.path, settings.node.place);
  }
  const texts = options.map(({ node }) => (node.kind === "scalar" ? node.text : ""));
  if (value.kind === "scalar" && texts.includes(value.text)) return;
  const message = `The input \`${name}\` should be one of ${texts.join(", ")}.`;
  settings.report.error("invalid-input", message, settings.path, value.place);
}

function checkRegex(name: string, type: InputType, settings: MapInput, value: Node): void {
  const pattern = at(settings, "regex");
  const source = pattern && readString(pattern);
  if (pattern === undefined || source === undefined) return;
  if (type !== "string") {
    invalid(pattern, "`regex` is for inputs of type `string`.");
    return;
  }
  const compiled = compileRegex(source);
  if (!compiled.ok) {
    invalid(pattern, compiled.message);
  } else if (value.kind === "scalar" && !compiled.regex.matches(value.text)) {
    const message = `The value of the input \`${name}\` does not match ${source}.`;
    settings.report.error("invalid-input", message, settings.path, value.place);
  }
}
