// Paths of a repository against patterns. A pipeline may ask hundreds of times about the same paths, so they
// are put in order once, and a pattern is compared only with those that share its fixed beginning.

import type { ConfigReader } from "../source.ts";
import { compileGlob } from "./glob.ts";

/** Comparisons of a path with a pattern that one compilation makes at most; those by the ending alone count a tenth. */
export const MAX_COMPARISONS = 1_000_000;

export type MatchResult =
  | { readonly ok: true; readonly holds: boolean }
  | { readonly ok: false; readonly message: string };

export type PathMatcher = {
  /** Whether one of the paths matches the pattern. */
  readonly matchesAny: (paths: readonly string[], pattern: string) => MatchResult;
  readonly treeOf: (paths: readonly string[]) => Tree;
};

export type Tree = {
  readonly files: ReadonlySet<string>;
  /** Every directory that holds a file, with its trailing slash. */
  readonly directories: readonly string[];
  readonly topLevel: readonly string[];
};

const matchers = new WeakMap<ConfigReader, PathMatcher>();

/** The matcher of a compilation, which has a reader of its own. */
export function matcherFor(reader: ConfigReader): PathMatcher {
  const known = matchers.get(reader);
  if (known !== undefined) return known;
  const matcher = createMatcher();
  matchers.set(reader, matcher);
  return matcher;
}

function createMatcher(): PathMatcher {
  let comparisons = 0;
  const sortedOf = once((paths: readonly string[]) =>
    paths.toSorted().map((path) => ({ path, names: path.split("/") })),
  );
  const answersOf = once((_: readonly string[]) => new Map<string, MatchResult>());

  const compare = (paths: readonly string[], pattern: string): MatchResult => {
    const glob = compileGlob(pattern);
    if (!glob.ok) return glob;
    const sorted = sortedOf(paths);
    const beginning = /^[^*?[{\\]*/.exec(pattern)?.[0] ?? "";
    const ending = /\{/.test(pattern)
      ? ""
      : (/(?<![^*?\]\\/])[^*?\]\\/]*$/.exec(pattern)?.[0] ?? "");
    for (let at = firstFrom(sorted, beginning); at < sorted.length; at += 1) {
      const { path, names } = sorted[at] ?? { path: "", names: [] };
      if (!path.startsWith(beginning)) break;
      const isPossible = path.endsWith(ending);
      comparisons += isPossible ? 1 : 0.1;
      if (comparisons > MAX_COMPARISONS) return { ok: false, message: tooMany };
      if (isPossible && glob.matches(path, names)) return { ok: true, holds: true };
    }
    return { ok: true, holds: false };
  };

  return {
    matchesAny: (paths, pattern) => {
      const answers = answersOf(paths);
      const answer = answers.get(pattern) ?? compare(paths, pattern);
      answers.set(pattern, answer);
      return answer;
    },
    treeOf: once((paths) => ({
      files: new Set(paths),
      directories: directoriesOf(paths),
      topLevel: paths.filter((path) => !path.includes("/")),
    })),
  };
}

const tooMany = `\`changes\` and \`exists\` of all jobs together need more than ${MAX_COMPARISONS.toLocaleString("en")} comparisons of a path with a pattern, the limit`;

function once<Value>(
  make: (paths: readonly string[]) => Value,
): (paths: readonly string[]) => Value {
  const made = new Map<readonly string[], Value>();
  return (paths) => {
    const known = made.get(paths);
    if (known !== undefined) return known;
    const value = make(paths);
    made.set(paths, value);
    return value;
  };
}

/** Index of the first text that is not before the beginning. */
function firstFrom(sorted: readonly { readonly path: string }[], beginning: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.path ?? "") < beginning) low = middle + 1;
    else high = middle;
  }
  return low;
}

function directoriesOf(paths: readonly string[]): readonly string[] {
  const directories = new Set<string>();
  for (const path of paths) {
    let slash = path.lastIndexOf("/");
    while (slash !== -1 && !directories.has(path.slice(0, slash + 1))) {
      directories.add(path.slice(0, slash + 1));
      slash = path.lastIndexOf("/", slash - 1);
    }
  }
  return [...directories];
}
