/** Turns of a `resource_group`: one job at a time holds it, the others wait in order of asking. */
export type ResourceStore = {
  /** "acquired" when the job holds it now (also if it already did). */
  readonly acquire: (
    project: string,
    group: string,
    jobId: number,
  ) => Promise<"acquired" | "waiting">;
  /** Gives it up, or leaves the waiting line. Returns the job that holds it now, if any. */
  readonly release: (project: string, group: string, jobId: number) => Promise<number | undefined>;
  /** The job that holds it now: who waits sees to it that the holder is still at work. */
  readonly holder: (project: string, group: string) => Promise<number | undefined>;
};
