import { JobStopped } from "../job-failure.ts";
import type { StopRequest } from "../service-client/client.ts";

/** The two ways in which a job ends early, as signals whose reason is a `JobStopped`. */
export type JobStop = {
  /** The script is to end: canceled, out of time, or at once. */
  readonly script: AbortSignal;
  /** Everything is to end, also an after_script. */
  readonly everything: AbortSignal;
  readonly request: (request: StopRequest) => void;
  /** No time-out or shutdown comes any more. */
  readonly settle: () => void;
};

export function createJobStop(timeoutSeconds: number, shutdown: AbortSignal): JobStop {
  const script = new AbortController();
  const everything = new AbortController();
  const abort = (stopped: JobStopped) => {
    everything.abort(stopped);
    script.abort(stopped);
  };
  const onShutdown = () => abort(new JobStopped("shutdown"));
  // Node's timers end at 2^31 - 1 ms; a job that long is as good as endless.
  const milliseconds = Math.min(timeoutSeconds * 1_000, 2 ** 31 - 1);
  const timer = setTimeout(() => script.abort(new JobStopped("timeout")), milliseconds);
  shutdown.addEventListener("abort", onShutdown, { once: true });
  if (shutdown.aborted) onShutdown();
  return {
    script: script.signal,
    everything: everything.signal,
    request: (request) => {
      if (request === "abort") abort(new JobStopped("aborted"));
      else script.abort(new JobStopped("canceled"));
    },
    settle: () => {
      clearTimeout(timer);
      shutdown.removeEventListener("abort", onShutdown);
    },
  };
}
