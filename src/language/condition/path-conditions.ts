import type { Lookup } from "../expression/expression.ts";
import type { PipelineFacts } from "../facts.ts";
import { expandServer } from "../scope/expand.ts";
import type { ConfigReader } from "../source.ts";
import { isGlob } from "./glob.ts";
import { type MatchResult, matcherFor, type PathMatcher } from "./path-matcher.ts";

/** More comparisons of a path with a pattern than this are not made: the condition holds instead. */
export const MAX_PATTERN_COMPARISONS = 50_000;

/** `rules:changes`. */
export type ChangesClause = {
  readonly paths: readonly string[];
  /** Branch, tag or sha; variables are expanded. */
  readonly compareTo?: string;
};

/** `rules:exists`. */
export type ExistsClause = {
  readonly paths: readonly string[];
  readonly project?: string;
  readonly ref?: string;
};

/** What conditions may ask about: the push, its variables, and the repository. */
export type ConditionWorld = {
  readonly facts: PipelineFacts;
  /** What expressions see, secrets with their values. */
  readonly lookup: Lookup;
  /** What texts are filled in with, which may be shown: secrets without their values. */
  readonly shown: Lookup;
  /** As `shown`, with the variables in the values replaced too: what `changes` sees. Absent: `shown`. */
  readonly expanded?: Lookup;
  /** Asked only where `changes` or `exists` need it, and each time they do: pass a reader that remembers. */
  readonly reader: ConfigReader;
};

export type ConditionResult = MatchResult;

/** Whether one of the patterns matches a changed path; also when what changed cannot be told. */
export async function changesHold(
  changes: ChangesClause,
  world: ConditionWorld,
): Promise<ConditionResult> {
  const lookup = world.expanded ?? world.shown;
  const compareTo = expandServer(changes.compareTo ?? "", lookup, "empty");
  if (!compareTo.ok) return invalid(`rules:changes:compare_to: ${compareTo.message}`);
  if (changes.compareTo === undefined && !hasBase(world.facts)) return holds(true);
  const paths = await world.reader.changedPaths(
    changes.compareTo === undefined ? undefined : compareTo.value,
  );
  if (paths === "no-such-ref") {
    return invalid(`rules:changes:compare_to is not a valid ref: \`${compareTo.value}\``);
  }
  if (paths === "unknown") return holds(true);
  const patterns = expandPatterns(changes.paths, lookup);
  if (!patterns.ok) return patterns;
  if (paths.length === 0) return holds(false);
  return matchAny(patterns.texts, [paths], matcherFor(world.reader));
}

/** Whether one of the paths or patterns is in the repository's tree. */
export async function existsHolds(
  exists: ExistsClause,
  world: ConditionWorld,
): Promise<ConditionResult> {
  const patterns = expandPatterns(exists.paths, world.shown);
  if (!patterns.ok) return patterns;
  const paths = await pathsOf(exists, world);
  if (!paths.ok) return paths;
  const matcher = matcherFor(world.reader);
  const tree = matcher.treeOf(paths.paths);
  const directories = patterns.texts.some((text) => text.endsWith("/")) ? tree.directories : [];
  const exact = patterns.texts.filter((text) => !isGlob(text));
  if (exact.some((text) => tree.files.has(text) || directories.includes(text))) return holds(true);
  const topLevelOnly = patterns.texts.every((text) => !text.includes("/") && !text.includes("**"));
  const candidates = [topLevelOnly ? tree.topLevel : paths.paths, directories];
  // Asking for an ending is cheap and not limited.
  const [endings, globs] = partition(patterns.texts.filter(isGlob), isEnding);
  const byEnding = matchAny(endings, candidates, matcher, Number.POSITIVE_INFINITY);
  return byEnding.ok && !byEnding.holds ? matchAny(globs, candidates, matcher) : byEnding;
}

/** Whether the push says what it is compared with: an update of a branch, or a merge request. */
function hasBase(facts: PipelineFacts): boolean {
  if (facts.mergeRequest) return true;
  const isUpdate = facts.ref.kind === "branch" && !/^0+$/.test(facts.commit.beforeSha);
  return (
    isUpdate && ["push", "parent_pipeline", "external_pull_request_event"].includes(facts.source)
  );
}

type Paths =
  | { readonly ok: true; readonly paths: readonly string[] }
  | { readonly ok: false; readonly message: string };

async function pathsOf(exists: ExistsClause, world: ConditionWorld): Promise<Paths> {
  if (exists.project === undefined) return { ok: true, paths: await world.reader.paths() };
  const project = expandServer(exists.project, world.shown, "empty");
  const ref = expandServer(exists.ref ?? "", world.shown, "empty");
  if (!project.ok) return invalid(`rules:exists:project: ${project.message}`);
  if (!ref.ok) return invalid(`rules:exists:ref: ${ref.message}`);
  const paths = await world.reader.projectPaths?.(project.value, ref.value || undefined);
  if (paths && "refused" in paths) return invalid(`rules:exists:project: ${paths.refused}`);
  if (paths) return { ok: true, paths };
  const at = ref.value ? ` at ref \`${ref.value}\`` : "";
  return invalid(
    `rules:exists:project \`${project.value}\`${at} is not a project that this pipeline may read`,
  );
}

type Texts = { readonly ok: true; readonly texts: readonly string[] };

/** Each pattern with its known variables expanded; unknown names stay as written. */
function expandPatterns(
  patterns: readonly string[],
  lookup: Lookup,
): Texts | { readonly ok: false; readonly message: string } {
  const texts = new Set<string>();
  for (const pattern of patterns) {
    const expanded = expandServer(pattern, lookup, "keep");
    if (!expanded.ok) return invalid(`\`${pattern.slice(0, 80)}\`: ${expanded.message}`);
    texts.add(expanded.value);
  }
  return { ok: true, texts: [...texts] };
}

/** Patterns such as `**` + `/*.go`. */
function isEnding(pattern: string): boolean {
  return /^\*\*\/\*\.[^/*?[{\\]*$/.test(pattern);
}

function partition(
  texts: readonly string[],
  isFirst: (text: string) => boolean,
): readonly [readonly string[], readonly string[]] {
  return [texts.filter(isFirst), texts.filter((text) => !isFirst(text))];
}

function matchAny(
  patterns: readonly string[],
  lists: readonly (readonly string[])[],
  matcher: PathMatcher,
  most = MAX_PATTERN_COMPARISONS,
): ConditionResult {
  const paths = lists.reduce((sum, list) => sum + list.length, 0);
  if (patterns.length * paths > most) return holds(true);
  for (const pattern of patterns) {
    for (const list of lists) {
      const result = matcher.matchesAny(list, pattern);
      if (!result.ok || result.holds) return result;
    }
  }
  return holds(false);
}

function holds(value: boolean): ConditionResult {
  return { ok: true, holds: value };
}

function invalid(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
