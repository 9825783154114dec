/** A branch or tag that is not where the service last saw it. */
export type MissedRef = {
  /** Full name. */
  readonly ref: string;
  /** Where it was; undefined for one that was not there. */
  readonly before: string | undefined;
  /** Where it is; undefined for one that is gone. */
  readonly sha: string | undefined;
};

export type Refs = Readonly<Record<string, string>>;

/**
 * What differs between the refs of the forge and those last handled (`seen`) or at least noted (`noted`). Nothing
 * noted yet: only what was handled before can differ, so that connecting a project does not build all that it
 * ever was. A forge that suddenly names no refs at all is not believed.
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
