// GitLab Docs, "Use configuration from other files": included files are merged in their order, deep, and the
// file that includes them wins. Each file fills in its own inputs and includes first.
import { decideRules } from "../condition/conditions.ts";
import type { Lookup } from "../expression/expression.ts";
import { limits } from "../limits.ts";
import type { Scope } from "../scope/scope.ts";
import type { CompileRequest } from "../source.ts";
import { deepMerge } from "../tree/merge.ts";
import {
  child,
  type Entries,
  fromPlain,
  type MapNode,
  mapNode,
  type Place,
  tooLarge,
} from "../tree/node.ts";
import type { Report } from "../tree/report.ts";
import { type IncludeEntry, readIncludes } from "./include-entry.ts";
import { type Fetched, fetchFiles, type IncludedFile, type Origin } from "./include-file.ts";
import { loadFile } from "./load.ts";

type Context = {
  readonly request: CompileRequest;
  /** Predefined, project and pipeline variables; those of the configuration are not known yet. */
  readonly lookup: Lookup;
  /** The same, secrets without their values. */
  readonly shown: Lookup;
  readonly report: Report;
  /** What all files together have used up. */
  readonly used: { files: number; characters: number };
};

/** The request's file with all that it includes, as one tree; undefined where something is wrong. */
export async function loadConfiguration(
  request: CompileRequest,
  scope: Pick<Scope, "lookup" | "shown">,
  report: Report,
): Promise<MapNode | undefined> {
  const { text, file } = request;
  const place: Place = { source: { file, lineStarts: [0] }, offset: 0 };
  const given = fromPlain(request.inputs ?? {}, place);
  const inputs: Entries = given?.kind === "map" ? given.entries : new Map();
  const shown = scope.shown([]);
  const used = { files: 0, characters: text.length };
  const context = { request, lookup: scope.lookup([]), shown, report, used };
  const root = loadFile({ text, file, inputs, lookup: shown }, report);
  return root && withIncludes(root, { type: "here" }, context);
}

async function withIncludes(
  root: MapNode,
  origin: Origin,
  context: Context,
): Promise<MapNode | undefined> {
  const { report } = context;
  const node = child(root, "include");
  const own = withoutInclude(root);
  if (node === undefined) return own;
  const before = report.errors();
  const entries = readIncludes({ node, path: "include", report });
  if (report.errors() > before) return undefined;
  const wanted: IncludeEntry[] = [];
  for (const entry of entries) if (await isWanted(entry, context)) wanted.push(entry);
  const answers = await Promise.all(
    wanted.map(({ source }) => fetchFiles(source, origin, context.request.reader, context.shown)),
  );
  let merged: MapNode | undefined;
  for (const [index, entry] of wanted.entries()) {
    for (const file of filesOf(entry, answers[index], context) ?? []) {
      const included = await loadIncluded(entry, file, context);
      if (included === undefined) return undefined;
      merged = merged === undefined ? included : deepMerge(merged, included);
    }
  }
  if (report.errors() > before) return undefined;
  const result = merged === undefined ? own : deepMerge(merged, own);
  const problem = tooLarge(result);
  if (problem !== undefined) report.error("limit-exceeded", problem, "include", node.place);
  return problem === undefined ? result : undefined;
}

function withoutInclude(root: MapNode): MapNode {
  if (!root.entries.has("include")) return root;
  const entries = new Map(root.entries);
  entries.delete("include");
  return mapNode(entries, root.place);
}

async function isWanted(entry: IncludeEntry, context: Context): Promise<boolean> {
  if (entry.rules === undefined) return true;
  const { facts, reader } = context.request;
  const world = { facts, reader, lookup: context.lookup, shown: context.shown };
  const decision = await decideRules(entry.rules, { when: "always" }, world);
  if (decision.outcome === "invalid") fail(entry, "invalid-rule", decision.message);
  return decision.outcome === "included";
}

function fail({ input }: IncludeEntry, code: string, message: string): undefined {
  input.report.error(code, message, input.path, input.node.place);
  return undefined;
}

/** The files of an entry, within the limits that all files share. */
function filesOf(
  entry: IncludeEntry,
  answer: Fetched | undefined,
  { used }: Context,
): readonly IncludedFile[] | undefined {
  if (answer === undefined) return undefined;
  if (!answer.ok) return fail(entry, "include-failed", answer.message);
  used.files += answer.files.length;
  if (used.files > limits.includes) {
    return fail(
      entry,
      "limit-exceeded",
      `More than ${limits.includes} files are included, the limit.`,
    );
  }
  for (const { text } of answer.files) used.characters += text.length;
  if (used.characters > limits.allFilesBytes) {
    const most = limits.allFilesBytes.toLocaleString("en");
    return fail(
      entry,
      "limit-exceeded",
      `All files together have more than ${most} bytes, the limit.`,
    );
  }
  return answer.files;
}

async function loadIncluded(
  entry: IncludeEntry,
  { text, file, origin }: IncludedFile,
  context: Context,
): Promise<MapNode | undefined> {
  const { shown, report } = context;
  const place = entry.input.node.place;
  const root = loadFile({ text, file, inputs: entry.inputs, place, lookup: shown }, report);
  return root && withIncludes(root, origin, context);
}
