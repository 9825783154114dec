import { isZeroSha } from "../http/payload.ts";
import { isRefName, isSha } from "./git-objects.ts";

export type Compared = readonly string[] | "unknown" | "no-such-ref";

/** What a forge must be able to say so that commits can be compared. */
export type Comparer = {
  /** The commit of a full ref name; undefined where there is none. */
  readonly resolveRef: (ref: string) => Promise<string | undefined>;
  /** Paths that differ; since both parted where `sinceParted`. "unknown" where not all of them can be told. */
  readonly compare: (
    from: string,
    to: string,
    sinceParted: boolean,
  ) => Promise<readonly string[] | "unknown">;
};

/**
 * The rules that are the same on every forge: two commits are compared directly, a ref's name stands
 * for the commit at which the two parted (GitLab: `rules:changes:compare_to`).
 */
export async function compareRefs(comparer: Comparer, from: string, to: string): Promise<Compared> {
  if (from === "" || isZeroSha(from) || isZeroSha(to)) return "unknown";
  const [start, end] = await Promise.all([resolve(comparer, from), resolve(comparer, to)]);
  if (start === undefined) return "no-such-ref";
  if (end === undefined) return "unknown";
  if (start === end) return [];
  const paths = await comparer.compare(start, end, !isSha(from));
  return paths === "unknown" ? "unknown" : [...new Set(paths)].sort();
}

async function resolve({ resolveRef }: Comparer, name: string): Promise<string | undefined> {
  if (isSha(name)) return name;
  if (!isRefName(name)) return undefined;
  if (name.startsWith("refs/")) return resolveRef(name);
  return (await resolveRef(`refs/heads/${name}`)) ?? (await resolveRef(`refs/tags/${name}`));
}
