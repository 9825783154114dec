import type { JobResponse, JobUpdate, TicketExchange } from "../protocol.ts";
import { fetchWithRetry } from "../retry.ts";
import { isJobResponse, isTicketExchange } from "./protocol-guards.ts";

/** How the service wants a job to end early: `abort` at once, `cancel` with its after_script. */
export type StopRequest = "cancel" | "abort";

export type JobRequestAnswer =
  | { readonly kind: "job"; readonly job: JobResponse }
  | { readonly kind: "none" }
  /** Nothing will come any more. */
  | { readonly kind: "leave" };

export type TraceAnswer =
  | {
      readonly kind: "accepted";
      readonly intervalMilliseconds?: number;
      readonly stop?: StopRequest;
    }
  /** The service holds so many bytes; send from there. */
  | { readonly kind: "range"; readonly stored: number }
  /** The job is not this runner's any more. */
  | { readonly kind: "gone" };

export type UpdateAnswer =
  | { readonly kind: "done"; readonly stop?: StopRequest }
  | { readonly kind: "wait"; readonly milliseconds: number }
  | { readonly kind: "trace-incomplete" }
  | { readonly kind: "gone" };

/**
 * Slipway's side of GitLab Runner's API. Every call survives a service that is away for
 * `patienceMilliseconds`, then throws `ServiceUnreachableError`.
 */
export type RunnerClient = {
  /** Undefined: the ticket is worth nothing (any more). */
  readonly exchangeTicket: (ticket: string, caller?: string) => Promise<TicketExchange | undefined>;
  /** Says which jobs run here, so that one whose answer got lost is not waited for. */
  readonly requestJob: (
    token: string,
    signal: AbortSignal,
    runningJobs?: readonly number[],
  ) => Promise<JobRequestAnswer>;
  readonly patchTrace: (
    job: { readonly id: number; readonly token: string },
    start: number,
    bytes: Buffer,
  ) => Promise<TraceAnswer>;
  readonly updateJob: (id: number, update: JobUpdate) => Promise<UpdateAnswer>;
};

export function runnerClient(options: {
  readonly url: string;
  readonly executor: string;
  readonly systemId: string;
  readonly version: string;
  readonly patienceMilliseconds: number;
}): RunnerClient {
  const api = `${options.url}/api/v4`;
  const retry = { patienceMilliseconds: options.patienceMilliseconds };
  const json = { "content-type": "application/json" };

  return {
    exchangeTicket: async (ticket, caller) => {
      const response = await fetchWithRetry(
        `${options.url}/api/slipway/environments/ticket`,
        { method: "POST", headers: json, body: JSON.stringify({ ticket, caller }) },
        retry,
      );
      if (response.status === 401) throw new Error(await refusal(response));
      if (!response.ok) return drop(response, undefined);
      return readAnswer(response, isTicketExchange);
    },

    requestJob: async (token, signal, runningJobs = []) => {
      const response = await fetchWithRetry(
        `${api}/jobs/request`,
        {
          method: "POST",
          headers: { ...json, "runner-token": token },
          body: JSON.stringify({
            token,
            system_id: options.systemId,
            info: info(options),
            running_jobs: runningJobs,
          }),
        },
        { ...retry, signal },
      );
      if (response.status === 201) {
        return { kind: "job", job: await readAnswer(response, isJobResponse) };
      }
      const leave = response.status === 410 || response.status === 403;
      return drop(response, { kind: leave ? "leave" : "none" });
    },

    patchTrace: async (job, start, bytes) => {
      const response = await fetchWithRetry(
        `${api}/jobs/${job.id}/trace?debug_trace=false`,
        {
          method: "PATCH",
          headers: {
            "job-token": job.token,
            "content-type": "text/plain",
            "content-range": `${start}-${start + bytes.length - 1}`,
          },
          body: new Uint8Array(bytes),
        },
        retry,
      );
      if (response.status === 416) {
        return drop(response, { kind: "range", stored: storedBytes(response) });
      }
      if (!response.ok) return drop(response, { kind: "gone" });
      const interval = Number(response.headers.get("x-gitlab-trace-update-interval") ?? "");
      const stop = stopRequest(response);
      return drop(response, {
        kind: "accepted",
        ...(interval > 0 && { intervalMilliseconds: interval * 1_000 }),
        ...(stop && { stop }),
      });
    },

    updateJob: async (id, update) => {
      const response = await fetchWithRetry(
        `${api}/jobs/${id}`,
        {
          method: "PUT",
          headers: { ...json, "job-token": update.token },
          body: JSON.stringify({ ...update, info: info(options) }),
        },
        retry,
      );
      if (response.status === 202) {
        const seconds = Number(response.headers.get("x-gitlab-trace-update-interval") ?? "");
        return drop(response, { kind: "wait", milliseconds: seconds > 0 ? seconds * 1_000 : 500 });
      }
      if (response.status === 412) return drop(response, { kind: "trace-incomplete" });
      if (!response.ok) return drop(response, { kind: "gone" });
      const stop = stopRequest(response);
      return drop(response, { kind: "done", ...(stop && { stop }) });
    },
  };
}

async function refusal(response: Response): Promise<string> {
  const text = (await response.text()).slice(0, 1_000);
  return `The service does not take this environment for the one that it started: ${text}`;
}

/** The connection can only be used again once the answer's body is out of the way. */
async function drop<T>(response: Response, answer: T): Promise<T> {
  await response.body?.cancel();
  return answer;
}

async function readAnswer<T>(
  response: Response,
  isExpected: (value: unknown) => value is T,
): Promise<T> {
  const value: unknown = await response.json();
  if (isExpected(value)) return value;
  throw new Error(`${new URL(response.url).pathname} did not answer as GitLab's runner API does.`);
}

function stopRequest(response: Response): StopRequest | undefined {
  switch (response.headers.get("job-status")) {
    case "canceled":
    case "canceling":
      return "cancel";
    case "failed":
      return "abort";
    default:
      return undefined;
  }
}

function storedBytes(response: Response): number {
  const end = Number(/^0-(\d+)$/.exec(response.headers.get("range") ?? "")?.[1] ?? 0);
  return Number.isSafeInteger(end) ? end : 0;
}

function info(options: { readonly executor: string; readonly version: string }) {
  return {
    name: "slipway-runner",
    version: options.version,
    platform: process.platform,
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    executor: options.executor === "shell" ? "shell" : "docker",
    shell: "bash",
    features: {
      variables: true,
      image: true,
      services: true,
      artifacts: true,
      cache: true,
      trace_checksum: true,
    },
  };
}
