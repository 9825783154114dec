// GitLab Docs, "CI/CD YAML syntax reference": the forms of `include`, as written.
import { defined } from "../defined.ts";
import { type RuleConfig, readRules } from "../keyword/conditions.ts";
import type { Entries } from "../tree/node.ts";
import {
  at,
  type Input,
  invalid,
  items,
  type MapInput,
  read,
  readClosedMap,
  readMap,
  readString,
  readStringOrList,
} from "../tree/read.ts";

export type IncludeSource =
  | { readonly type: "local"; readonly path: string }
  | {
      readonly type: "project";
      readonly project: string;
      readonly ref?: string;
      readonly files: readonly string[];
    }
  | { readonly type: "remote"; readonly url: string; readonly integrity?: string }
  | { readonly type: "template"; readonly name: string }
  | { readonly type: "component"; readonly address: string }
  /** Left by a job of the parent pipeline: for `trigger:include` only. */
  | { readonly type: "artifact"; readonly path: string; readonly job: string };

export type IncludeEntry = {
  readonly source: IncludeSource;
  readonly rules?: readonly RuleConfig[];
  readonly inputs: Entries;
  readonly input: Input;
};

const sources = ["local", "remote", "template", "component", "project", "artifact"] as const;
const owners = { file: "project", ref: "project", integrity: "remote", job: "artifact" } as const;

/** The entries of `include`: one, or a list of them. */
export function readIncludes(input: Input): readonly IncludeEntry[] {
  const entries = input.node.kind === "list" ? (items(input) ?? []) : [input];
  return entries.flatMap((entry) => readInclude(entry) ?? []);
}

function readInclude(input: Input): IncludeEntry | undefined {
  if (input.node.kind !== "map") {
    const text = readString(input);
    if (text === undefined) return undefined;
    const source: IncludeSource = /^https?:\/\//.test(text)
      ? { type: "remote", url: text }
      : { type: "local", path: text };
    return { source, inputs: new Map(), input };
  }
  const map = readClosedMap(input, "include");
  if (map === undefined) return undefined;
  const given = sources.filter((source) => map.node.entries.has(source));
  const [kind] = given;
  if (kind === undefined || given.length > 1) {
    return invalid(input, `An include should have one of ${sources.join(", ")}.`);
  }
  const source = readSource(kind, map);
  if (source === undefined) return undefined;
  const rules = read(map, "rules", (value) => readRules(value, "include:rules"));
  const inputs = read(map, "inputs", readMap);
  return {
    source,
    inputs: inputs?.node.entries ?? new Map(),
    input,
    ...defined({ rules }),
  };
}

function readSource(kind: (typeof sources)[number], map: MapInput): IncludeSource | undefined {
  const value = read(map, kind, readString);
  if (value === undefined) return undefined;
  for (const [key, owner] of Object.entries(owners)) {
    const stray = at(map, key);
    if (stray !== undefined && kind !== owner)
      invalid(stray, `\`${key}\` belongs to \`${owner}\`.`);
  }
  switch (kind) {
    case "local":
      return { type: "local", path: value };
    case "template":
      return { type: "template", name: value };
    case "component":
      return { type: "component", address: value };
    case "artifact": {
      const job = read(map, "job", readString);
      if (job === undefined) return invalid(map, "`artifact` needs `job`: the job that leaves it.");
      return { type: "artifact", path: value, job };
    }
    case "remote": {
      const integrity = read(map, "integrity", readString);
      return { type: "remote", url: value, ...defined({ integrity }) };
    }
    case "project": {
      const files = read(map, "file", readStringOrList);
      const ref = read(map, "ref", readString);
      if (files === undefined) return invalid(map, "`project` needs `file`: the paths to include.");
      return { type: "project", project: value, files, ...defined({ ref }) };
    }
  }
}
