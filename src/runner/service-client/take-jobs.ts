import type { JobResponse } from "../protocol.ts";
import { sleep } from "../retry.ts";
import type { RunnerClient } from "./client.ts";

export type TakeJobsOptions = {
  readonly client: RunnerClient;
  readonly token: string;
  readonly capacity: number;
  readonly idleMilliseconds: number;
  /** Aborted when the environment ends. */
  readonly shutdown: AbortSignal;
  /** Must not reject: a job's failure is its verdict. */
  readonly run: (job: JobResponse, slot: number) => Promise<void>;
};

/** A service that does not hold requests open is asked no faster than this. */
const LEAST_PAUSE = 1_000;

/**
 * Takes and runs jobs, at most `capacity` side by side, each in a slot that no other running job has.
 * Resolves when the service wants the runner to leave or it was idle for too long, and all jobs are done.
 */
export async function takeJobs(options: TakeJobsOptions): Promise<void> {
  const { client, token, capacity, shutdown } = options;
  const running = new Map<number, { readonly jobId: number; readonly done: Promise<void> }>();
  const allDone = () => [...running.values()].map(({ done }) => done);
  let idleSince = performance.now();

  while (!shutdown.aborted) {
    const slot = freeSlot(running, capacity);
    if (slot === undefined) {
      await Promise.race(allDone());
      continue;
    }
    const askedAt = performance.now();
    const known = [...running.values()].map(({ jobId }) => jobId);
    const answer = await client.requestJob(token, shutdown, known).catch((error: unknown) => {
      if (shutdown.aborted) return { kind: "leave" } as const;
      if (running.size === 0) throw error;
      return { kind: "none" } as const;
    });
    if (answer.kind === "leave") break;
    if (answer.kind === "job") {
      const done = options.run(answer.job, slot).finally(() => {
        running.delete(slot);
        idleSince = performance.now();
      });
      running.set(slot, { jobId: answer.job.id, done });
      continue;
    }
    const idle = running.size === 0 && performance.now() - idleSince >= options.idleMilliseconds;
    if (idle) break;
    const rest = LEAST_PAUSE - (performance.now() - askedAt);
    if (rest > 0) await sleep(rest, shutdown).catch(() => undefined);
  }
  await Promise.all(allDone());
}

function freeSlot(running: ReadonlyMap<number, unknown>, capacity: number): number | undefined {
  for (let slot = 0; slot < capacity; slot++) if (!running.has(slot)) return slot;
  return undefined;
}
