/** Who tells a forge about a pipeline: one at a time, so that nothing older is told after something newer. */
export type StatusTurnStore = {
  /**
   * The turn until it is given back, or until the epoch milliseconds `until` when its holder dies; undefined
   * while somebody else has it, or before the end of a pause. `failures` counts those since the last success.
   */
  readonly take: (
    pipelineId: number,
    holder: string,
    times: { readonly now: number; readonly until: number },
  ) => Promise<{ readonly failures: number } | undefined>;
  /** Gives it back; after a failure nobody gets it before `pausedUntil`. */
  readonly give: (
    pipelineId: number,
    holder: string,
    failure?: { readonly failures: number; readonly pausedUntil: number },
  ) => Promise<void>;
};
