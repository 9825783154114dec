/** The waiting environments. Pipelines with lower ids are older. */
export type InLine = { readonly project: string; readonly pipelineId: number };

/**
 * The order in which waiting environments get places. The next place always goes to the project that has the fewest
 * places at that moment, counting running ones and those just given. Projects with equally many take turns by name,
 * beginning after the one that was served last. Within a project, the oldest pipeline comes first.
 */
export function fairOrder<T extends InLine>(
  inLine: readonly T[],
  past: {
    /** Places that each project has. */
    readonly held: ReadonlyMap<string, number>;
    readonly lastServed?: string;
  },
): readonly T[] {
  const { held, lastServed = "" } = past;
  const given = new Map<string, number>();
  return inLine
    .toSorted((a, b) => a.pipelineId - b.pipelineId)
    .map((entry) => {
      const more = given.get(entry.project) ?? 0;
      given.set(entry.project, more + 1);
      return { entry, has: (held.get(entry.project) ?? 0) + more };
    })
    .toSorted((a, b) => a.has - b.has || turn(a.entry.project, b.entry.project, lastServed))
    .map(({ entry }) => entry);
}

/** Compares two names in the circular order that begins after `last`. */
function turn(a: string, b: string, last: string): number {
  if (a === b) return 0;
  const isNext = a > last;
  if (isNext !== b > last) return isNext ? -1 : 1;
  return a < b ? -1 : 1;
}
