/** A branch or tag that is not where the service last saw it. */
export type MissedRef = {
  /** Full name. */
  readonly ref: string;
  /** The earlier sha. Undefined if the ref did not exist. */
  readonly before: string | undefined;
  /** The current sha. Undefined if the ref is gone. */
  readonly sha: string | undefined;
};

export type Refs = Readonly<Record<string, string>>;

/**
 * Returns the refs of the forge that differ from those last handled (`seen`) or noted (`noted`). If nothing is noted
 * yet, only refs that were handled before can differ, so that connecting a project does not build all its refs. If the
 * forge suddenly lists no refs at all, the list is not trusted.
 */
export function missedRefs(
  listed: ReadonlyMap<string, string>,
  seen: Refs,
  noted: Refs | undefined,
): readonly MissedRef[] {
  const missed: MissedRef[] = [];
  for (const [ref, sha] of listed) {
    const before = own(seen, ref) ?? (noted && own(noted, ref));
    if (before === sha || (before === undefined && noted === undefined)) continue;
    missed.push({ ref, before, sha });
  }
  if (listed.size > 0) {
    for (const [ref, before] of Object.entries(seen)) {
      if (!listed.has(ref)) missed.push({ ref, before, sha: undefined });
    }
  }
  return missed.sort((a, b) => (a.ref < b.ref ? -1 : 1));
}

function own(refs: Refs, ref: string): string | undefined {
  return Object.hasOwn(refs, ref) ? refs[ref] : undefined;
}
