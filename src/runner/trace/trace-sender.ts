import type { JobUpdate } from "../protocol.ts";
import { sleep } from "../retry.ts";
import type { RunnerClient, StopRequest } from "../service-client/client.ts";
import type { TraceSpool } from "./trace-spool.ts";

/** What the end of a job tells the service. */
export type Verdict = Pick<JobUpdate, "state" | "failure_reason" | "exit_code" | "failure_message">;

export type TraceSender = {
  /** The spool has grown: what is new is sent soon. */
  readonly grown: () => void;
  /** Sends the rest of the log, then the verdict, until the service has both. Call once, last. */
  readonly finish: (verdict: Verdict) => Promise<void>;
};

const FIRST_DELAY = 50;
const DEFAULT_INTERVAL = 250;
/** A silent job asks this often whether it is still wanted. */
const KEEP_ALIVE = 3_000;
const LARGEST_CHUNK = 1_000_000;
const FINISH_ATTEMPTS = 20;

/**
 * Sends a job's log while it is written, in order and each byte until the service has it, and hears
 * from the answers whether the job is still wanted. `onLost` is called when it is no longer this runner's.
 */
export function createTraceSender(options: {
  readonly client: RunnerClient;
  readonly job: { readonly id: number; readonly token: string };
  readonly spool: TraceSpool;
  readonly onStop: (request: StopRequest) => void;
  readonly onLost: (error: Error) => void;
}): TraceSender {
  const { client, job, spool } = options;
  const ending = new AbortController();
  let sent = 0;
  let interval = DEFAULT_INTERVAL;
  let lost = false;
  let wake: (() => void) | undefined;

  function lose(error: Error): void {
    if (lost) return;
    lost = true;
    options.onLost(error);
  }

  async function sendOnce(): Promise<void> {
    const bytes = spool.read(sent, LARGEST_CHUNK);
    if (bytes.length === 0) return;
    const answer = await client.patchTrace(job, sent, bytes);
    switch (answer.kind) {
      case "accepted":
        sent += bytes.length;
        interval = answer.intervalMilliseconds ?? interval;
        if (answer.stop) options.onStop(answer.stop);
        return;
      case "range":
        if (answer.stored === sent || answer.stored > spool.size()) {
          return lose(new Error("The service holds another log for this job."));
        }
        sent = answer.stored;
        return;
      case "gone":
        return lose(new Error("The service does not know this job as this runner's any more."));
    }
  }

  async function askWhetherWanted(): Promise<void> {
    const answer = await client.updateJob(job.id, { token: job.token, state: "running" });
    if (answer.kind === "done" && answer.stop) options.onStop(answer.stop);
    if (answer.kind === "gone") lose(new Error("The job is not this runner's any more."));
  }

  async function pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, ending.signal).catch(() => undefined);
  }

  async function untilGrown(): Promise<void> {
    if (spool.size() > sent) return;
    const grown = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await Promise.race([grown, pause(KEEP_ALIVE)]);
    wake = undefined;
  }

  async function run(): Promise<void> {
    await pause(FIRST_DELAY);
    while (!ending.signal.aborted && !lost) {
      await untilGrown();
      if (ending.signal.aborted) return;
      if (spool.size() > sent) await sendOnce();
      else await askWhetherWanted();
      await pause(spool.size() - sent >= LARGEST_CHUNK ? 0 : interval);
    }
  }

  const running = run().catch((error: unknown) => lose(toError(error)));

  async function finish(verdict: Verdict): Promise<void> {
    ending.abort();
    await running;
    for (let attempt = 0; attempt < FINISH_ATTEMPTS && !lost; attempt++) {
      while (sent < spool.size() && !lost) await sendOnce();
      if (lost) return;
      const answer = await client.updateJob(job.id, {
        token: job.token,
        ...verdict,
        output: { checksum: spool.checksum(), bytesize: spool.size() },
      });
      if (answer.kind === "done" || answer.kind === "gone") return;
      if (answer.kind === "wait") await sleep(answer.milliseconds);
      else sent = 0;
    }
  }

  return { grown: () => wake?.(), finish };
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
