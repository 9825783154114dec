export type Notifier = {
  readonly announce: (pipelineId: number) => void;
  readonly waitForChange: (pipelineId: number, milliseconds: number) => Promise<void>;
};

/** Wakes whoever waits for a pipeline in this process: runners that ask for jobs, pages and pushes that follow. */
export function createNotifier(): Notifier {
  const waiting = new Map<number, Set<() => void>>();
  return {
    announce: (pipelineId) => {
      for (const wake of waiting.get(pipelineId) ?? []) wake();
      waiting.delete(pipelineId);
    },
    waitForChange: (pipelineId, milliseconds) =>
      new Promise((resolve) => {
        if (milliseconds <= 0) {
          resolve();
          return;
        }
        const group = waiting.get(pipelineId) ?? new Set();
        waiting.set(pipelineId, group);
        const wake = (): void => {
          clearTimeout(timer);
          group.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, milliseconds);
        group.add(wake);
      }),
  };
}
