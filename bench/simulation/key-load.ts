/** What one partition of a table or index takes in a second (Amazon DynamoDB Developer Guide, "Partitions"). */
export const partitionWrites = 1000;
export const partitionReads = 3000;

type Load = { second: number; inSecond: number; peak: number };

/** Counts units by partition key, in all and in the busiest second of each. */
export type KeyLoads = {
  readonly note: (key: string, units: number) => void;
  readonly total: () => number;
  /** The key with the busiest second. */
  readonly busiest: () => { readonly key: string; readonly peak: number };
};

export function keyLoads(now: () => number): KeyLoads {
  const loads = new Map<string, Load>();
  let total = 0;
  return {
    note: (key, units) => {
      total += units;
      const second = Math.floor(now() / 1000);
      let load = loads.get(key);
      if (load === undefined) {
        load = { second, inSecond: 0, peak: 0 };
        loads.set(key, load);
      }
      if (load.second !== second) {
        load.second = second;
        load.inSecond = 0;
      }
      load.inSecond += units;
      load.peak = Math.max(load.peak, load.inSecond);
    },
    total: () => total,
    busiest: () => {
      let found = { key: "", peak: 0 };
      for (const [key, load] of loads) {
        if (load.peak > found.peak) found = { key, peak: load.peak };
      }
      return found;
    },
  };
}
