import type Docker from "dockerode";
import { fullDiskFailure, JobFailure, messageOf } from "../job-failure.ts";

/** Opens the client for an engine at a `DOCKER_HOST` address: `unix:///PATH` or `tcp://HOST:PORT`. */
export async function openEngine(dockerHost: string): Promise<Docker> {
  // Loaded late: parsing the library would delay the first request for a job.
  const { default: Dockerode } = await import("dockerode");
  if (dockerHost.startsWith("unix://")) {
    return new Dockerode({ socketPath: dockerHost.slice("unix://".length) });
  }
  const url = new URL(dockerHost);
  return new Dockerode({ protocol: "http", host: url.hostname, port: url.port || 2375 });
}

/** The status of an engine's answer, if it answered at all. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return undefined;
  return typeof error.statusCode === "number" ? error.statusCode : undefined;
}

/** The engine's own words, without the client library's frame around them. */
export function engineMessage(error: unknown): string {
  return messageOf(error)
    .replace(/^\(HTTP code \d+\) [^-]*- /, "")
    .trim();
}

/** Turns what an engine call threw into the end of a job that it means. */
export function engineFailure(error: unknown, doing: string, dockerHost: string): JobFailure {
  if (error instanceof JobFailure) return error;
  const message = engineMessage(error);
  if (/no space left on device|ENOSPC/i.test(message)) {
    return fullDiskFailure(`: ${doing} failed (${message})`, error);
  }
  if (statusOf(error) === undefined) {
    return new JobFailure(
      "runner_system_failure",
      `The Docker Engine at ${dockerHost} does not answer: ${doing} failed (${message}).`,
      { cause: error },
    );
  }
  return new JobFailure("runner_system_failure", `${doing} failed: ${message}`, { cause: error });
}

/** Removal of what may be gone already, or be going. Engine trouble is left to the next sweep. */
export async function ignoreMissing(removal: Promise<unknown>): Promise<void> {
  await removal.catch(() => undefined);
}
