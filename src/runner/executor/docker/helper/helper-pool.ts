import type { Helper } from "./helper-container.ts";

/** Helpers that are started before the job is known that they are for, one for a slot at most. */
export type HelperPool = {
  /** The helper that waits for the slot in this network, or else a new one. */
  readonly take: (slot: number, network: string) => Promise<Helper>;
  /** Starts one ahead, unless one waits. Failures are left to whoever takes it. */
  readonly prepare: (slot: number) => void;
  /** Ends those that wait; none is started ahead any more. */
  readonly close: () => Promise<void>;
};

/**
 * Each helper serves one job: code of a job may have run in it. Which network the next job of a slot will be in
 * is a guess, which costs a container where it is wrong.
 */
export function helperPool(
  start: (slot: number, network: string) => Promise<Helper>,
  likelyNetwork: (slot: number) => Promise<string>,
): HelperPool {
  const waiting = new Map<number, Promise<{ readonly helper: Helper; readonly network: string }>>();
  let closed = false;

  return {
    take: async (slot, network) => {
      const ahead = waiting.get(slot);
      waiting.delete(slot);
      const made = await ahead?.catch(() => undefined);
      if (made?.network === network) return made.helper;
      if (made !== undefined) void made.helper.close();
      return start(slot, network);
    },
    prepare: (slot) => {
      if (closed || waiting.has(slot)) return;
      const made = likelyNetwork(slot).then(async (network) => ({
        network,
        helper: await start(slot, network),
      }));
      made.catch(() => undefined);
      waiting.set(slot, made);
    },
    close: async () => {
      closed = true;
      const left = [...waiting.values()];
      waiting.clear();
      await Promise.all(
        left.map(async (ahead) => {
          const made = await ahead.catch(() => undefined);
          await (await made?.helper.close())?.removed;
        }),
      );
    },
  };
}
