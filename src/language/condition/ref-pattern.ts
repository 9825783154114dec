import { isRegexLiteral, parseRegexLiteral, type Regex } from "../expression/regex.ts";
import type { PipelineFacts } from "../facts.ts";

/** One entry of `only:refs` or `except:refs`: a keyword or name, or a regular expression, of a project or of any. */
export type RefPattern = {
  readonly ref:
    | { readonly type: "name"; readonly name: string }
    | { readonly type: "regex"; readonly regex: Regex };
  /** Of `pattern@group/project`: the path that the project must have. */
  readonly project?: string;
};

export type RefPatternResult =
  | { readonly ok: true; readonly pattern: RefPattern }
  | { readonly ok: false; readonly message: string };

/** Reads `main`, `branches`, `/^v\d+/i`, `tags@group/project`. */
export function parseRefPattern(text: string): RefPatternResult {
  const at = text.indexOf("@");
  const ref = at === -1 ? text : text.slice(0, at);
  const project = at === -1 ? {} : { project: text.slice(at + 1) };
  if (!isRegexLiteral(ref))
    return { ok: true, pattern: { ref: { type: "name", name: ref }, ...project } };
  const parsed = parseRegexLiteral(ref);
  if (!parsed.ok) return { ok: false, message: `${ref}: ${parsed.message}` };
  return { ok: true, pattern: { ref: { type: "regex", regex: parsed.regex }, ...project } };
}

/** Whether a pipeline is one of those that the pattern names; names and regexes leave out merge requests. */
export function matchesRef(pattern: RefPattern, facts: PipelineFacts): boolean {
  if (pattern.project !== undefined && pattern.project !== facts.project.path) return false;
  const isMergeRequest = facts.mergeRequest !== undefined;
  if (pattern.ref.type === "regex")
    return !isMergeRequest && pattern.ref.regex.matches(facts.ref.name);
  const { name } = pattern.ref;
  const source = facts.source.replace(/_event$/, "");
  if (name === source || name === plural(source)) return true;
  if (isMergeRequest) return false;
  if (name === "tags" && facts.ref.kind === "tag") return true;
  if (name === "branches" && facts.ref.kind === "branch") return true;
  return name === facts.ref.name;
}

function plural(source: string): string {
  return source === "push" ? "pushes" : `${source}s`;
}
