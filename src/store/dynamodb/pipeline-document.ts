import type { Need } from "#language/plan.ts";
import type { Job, Pipeline } from "#pipeline/pipeline.ts";

/**
 * A pipeline as it is stored: needs are most of a large pipeline, so each job's list is written once for all
 * its attempts, as numbers of names. What was stored without this form is read as well.
 */
export type PipelineDocument = Omit<Pipeline, "jobs"> & {
  readonly jobs: readonly StoredJob[];
  readonly names?: readonly string[];
  /** By position in the plan. */
  readonly needs?: readonly StoredNeeds[];
};

/** A name's number × 4, + 1 with artifacts, + 2 where it is optional. */
type StoredNeeds = readonly number[] | null;

type StoredJob = Omit<Job, "needs"> & {
  /** Only where they are not those of the plan's position. */
  readonly needs?: readonly Need[] | null;
};

export function toDocument(pipeline: Pipeline): PipelineDocument {
  const names = new Map<string, number>();
  const numberOf = (name: string): number => {
    const known = names.get(name);
    if (known !== undefined) return known;
    names.set(name, names.size);
    return names.size - 1;
  };
  const lists = new Map<number, readonly Need[] | undefined>();
  for (const job of pipeline.jobs) {
    if (!lists.has(job.planIndex)) lists.set(job.planIndex, job.needs);
  }
  const positions = Math.max(-1, ...lists.keys()) + 1;
  const needs = Array.from({ length: positions }, (_, position): StoredNeeds => {
    const list = lists.get(position);
    return list === undefined ? null : list.map((need) => numberOf(need.job) * 4 + flagsOf(need));
  });
  const jobs = pipeline.jobs.map(({ needs: own, ...job }): StoredJob => {
    const isUsual = sameNeeds(own, lists.get(job.planIndex));
    return isUsual ? job : { ...job, needs: own ?? null };
  });
  return { ...pipeline, jobs, names: [...names.keys()], needs };
}

export function fromDocument(document: PipelineDocument): Pipeline {
  const { names, needs: stored, ...pipeline } = document;
  const lists = (stored ?? []).map((list) => list?.map((number) => needOf(number, names ?? [])));
  const jobs = document.jobs.map(({ needs: own, ...job }): Job => {
    const needs = own === undefined ? lists[job.planIndex] : (own ?? undefined);
    return needs === undefined ? job : { ...job, needs };
  });
  return { ...pipeline, jobs };
}

function flagsOf({ artifacts, optional }: Need): number {
  return (artifacts ? 1 : 0) + (optional ? 2 : 0);
}

function needOf(number: number, names: readonly string[]): Need {
  return {
    job: names[Math.floor(number / 4)] ?? "",
    artifacts: number % 2 === 1,
    optional: number % 4 >= 2,
  };
}

/** Attempts of one job usually hold the very same list. */
function sameNeeds(a: readonly Need[] | undefined, b: readonly Need[] | undefined): boolean {
  if (a === b || a === undefined || b === undefined) return a === b;
  return (
    a.length === b.length &&
    a.every(({ job, artifacts, optional }, index) => {
      const other = b[index];
      return other?.job === job && other.artifacts === artifacts && other.optional === optional;
    })
  );
}
