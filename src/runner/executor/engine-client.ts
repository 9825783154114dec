import type Docker from "dockerode";
import { engineMessage, statusOf } from "#engine/error.ts";
import { fullDiskFailure, JobFailure } from "../job-failure.ts";

/** Opens the client for an engine at a `DOCKER_HOST` address: `unix:///PATH` or `tcp://HOST:PORT`. */
export async function openEngine(dockerHost: string): Promise<Docker> {
  // Loaded late: parsing the library would delay the first request for a job.
  const { engineClient } = await import("#engine/client.ts");
  return engineClient(dockerHost);
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
