// GitLab Docs, "CI/CD YAML syntax reference": `default`, the deprecated top-level keywords, `inherit`.
// A job's own keyword replaces the default as a whole; nothing is merged.
import { keywords } from "./keywords.ts";
import { child, type Entry, type MapNode, mapNode } from "./node.ts";
import { type Input, type MapInput, read, readClosedMap, readOneOf, readStrings } from "./read.ts";
import type { Report } from "./report.ts";

export type Defaults = ReadonlyMap<string, Entry>;

const deprecatedGlobals = ["image", "services", "before_script", "after_script", "cache"];

/** What a job inherits: everything, nothing, or the named keywords or variables. */
export type Inheritance = boolean | readonly string[];

export function inherits(inheritance: Inheritance, name: string): boolean {
  return typeof inheritance === "boolean" ? inheritance : inheritance.includes(name);
}

export function readDefaults(root: MapNode, report: Report): Defaults {
  const defaults = new Map<string, Entry>();
  for (const key of deprecatedGlobals) {
    const entry = root.entries.get(key);
    if (entry !== undefined && child(root, key) !== undefined) defaults.set(key, entry);
  }
  const node = child(root, "default");
  const map = node && readClosedMap({ node, path: "default", report }, "default");
  for (const [key, entry] of map?.node.entries ?? []) {
    if (map === undefined || child(map.node, key) === undefined || key === "timeout") continue;
    if (defaults.has(key)) {
      const message = `\`${key}\` is given at the top level and in \`default\`; keep the one in \`default\`.`;
      report.error("duplicate-default", message, `default:${key}`, entry.keyPlace);
    }
    if (Object.hasOwn(keywords.default, key)) defaults.set(key, entry);
  }
  return defaults;
}

/** The job with the defaults that it inherits; jobs with `trigger` run nothing and inherit none. */
export function withDefaults(job: MapInput, defaults: Defaults): MapNode {
  const inheritance = readInherit(job, "default");
  if (inheritance === false || child(job.node, "trigger") !== undefined) return job.node;
  let entries: Map<string, Entry> | undefined;
  for (const [key, entry] of defaults) {
    if (child(job.node, key) !== undefined || !inherits(inheritance, key)) continue;
    entries ??= new Map(job.node.entries);
    entries.set(key, entry);
  }
  return entries === undefined ? job.node : mapNode(entries, job.node.place);
}

/** `inherit:default` or `inherit:variables` of a job. */
export function readInherit(job: MapInput, kind: "default" | "variables"): Inheritance {
  const map = read(job, "inherit", (value) => readClosedMap(value, "inherit"));
  return (map && read(map, kind, kind === "default" ? readKeywords : readInheritance)) ?? true;
}

function readInheritance(input: Input): Inheritance | undefined {
  const { node } = input;
  if (node.kind === "scalar" && typeof node.value === "boolean") return node.value;
  return readStrings(input);
}

function readKeywords(input: Input): Inheritance | undefined {
  const inheritance = readInheritance(input);
  if (typeof inheritance === "object" && input.node.kind === "list") {
    for (const node of input.node.items) {
      readOneOf({ ...input, node }, Object.keys(keywords.default));
    }
  }
  return inheritance;
}
