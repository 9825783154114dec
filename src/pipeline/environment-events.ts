import { defined } from "#language/defined.ts";
import { findEnvironment } from "./availability.ts";
import { blame } from "./blame.ts";
import { type Ending, endJobs } from "./end-jobs.ts";
import { changeEnvironment, changeEnvironments } from "./environments.ts";
import type { ComputeSize, Pipeline, PipelineEnvironment } from "./pipeline.ts";
import { epochMs } from "./time.ts";
import { isWaiting } from "./waiting.ts";

/** Seconds after it was wanted until the next start is tried, by the number of starts that failed. */
const startDelays = [0, 5, 20, 60, 180] as const;

/** When its next start is due, in epoch milliseconds. */
export function nextStartMs(environment: PipelineEnvironment): number {
  const from = epochMs(environment.turnAt ?? environment.wantedAt);
  return from + (startDelays[environment.startFailures] ?? 0) * 1000;
}

export function noteEnvironmentStarted(
  pipeline: Pipeline,
  start: {
    readonly environmentId: string;
    readonly handle: string;
    readonly compute?: ComputeSize;
  },
  now: string,
): Pipeline {
  const { environmentId, handle, compute } = start;
  return changeEnvironment(pipeline, environmentId, (environment) => {
    if (environment.handle !== undefined) return environment;
    const { waitsFor: _, ...known } = environment;
    const started = { ...known, handle, startedAt: now, ...(compute && { compute }) };
    switch (environment.state) {
      case "wanted":
        return { ...started, state: "starting" };
      case "starting":
      case "running":
      case "stopping":
        return started;
      case "ended":
        // A late worker started the environment after all, but no job waits for it any more.
        return environment.runningAt === undefined ? { ...started, state: "stopping" } : started;
    }
  });
}

/** A failed start is tried again a few times. After that, or if another try cannot help, the jobs fail. */
export function noteStartFailed(
  pipeline: Pipeline,
  environmentId: string,
  failure: { readonly problem: string; readonly permanent: boolean },
  now: string,
): Pipeline {
  const environment = findEnvironment(pipeline, environmentId);
  if (environment?.state !== "wanted") return pipeline;
  const startFailures = environment.startFailures + 1;
  if (!failure.permanent && startFailures < startDelays.length) {
    return changeEnvironment(pipeline, environmentId, ({ waitsFor: _, ...wanted }) => ({
      ...wanted,
      startFailures,
      ...(isWaiting(environment) && { turnAt: now }),
    }));
  }
  const failed = changeEnvironment(pipeline, environmentId, (wanted) => ({
    ...wanted,
    startFailures,
    state: "stopping",
    problem: failure.problem,
  }));
  return blame(failed, [environment], failure.permanent ? "every attempt" : "one attempt", now);
}

/** Waiting for capacity costs no attempt and no start time. Without a reason, an accepted start has stopped waiting. */
export function noteEnvironmentWaits(
  pipeline: Pipeline,
  environmentId: string,
  reason: string | undefined,
  now: string,
): Pipeline {
  return changeEnvironment(pipeline, environmentId, (environment) => {
    const { waitsFor, turnAt: _, ...rest } = environment;
    const waitsSince = environment.waitsSince ?? now;
    switch (environment.state) {
      case "wanted": {
        const word = waitsFor ?? reason;
        if (isWaiting(environment) && word === waitsFor) return environment;
        return { ...rest, waitsSince, ...defined({ waitsFor: word }) };
      }
      case "starting": {
        if (waitsFor === reason) return environment;
        return reason === undefined
          ? { ...rest, startedAt: now }
          : { ...rest, waitsSince, waitsFor: reason };
      }
      case "running":
      case "stopping":
      case "ended":
        return environment;
    }
  });
}

export function noteEnvironmentEnded(
  pipeline: Pipeline,
  environmentId: string,
  problem: string | undefined,
  now: string,
): Pipeline {
  const environment = findEnvironment(pipeline, environmentId);
  if (environment === undefined || environment.state === "ended") return pipeline;
  const ended = changeEnvironment(pipeline, environmentId, (live) => ({
    ...live,
    state: "ended",
    endedAt: now,
    ...(problem !== undefined && live.problem === undefined && { problem }),
  }));
  const orphans = new Map<number, Ending>();
  for (const job of pipeline.jobs) {
    if (job.environmentId === environmentId && job.startedAt !== undefined) {
      orphans.set(job.id, { state: "failed", failureReason: "runner_system_failure" });
    }
  }
  const without = endJobs(ended, orphans, now);
  return environment.state === "stopping"
    ? without
    : blame(without, [environment], "one attempt", now);
}

/** Stops environments that do not work (with a problem) or that did not exit when told to (without one). */
export function giveUpEnvironments(
  pipeline: Pipeline,
  problems: ReadonlyMap<string, string | undefined>,
  now: string,
): Pipeline {
  const faulty: PipelineEnvironment[] = [];
  const stopping = changeEnvironments(pipeline, (environment) => {
    if (!problems.has(environment.id)) return environment;
    const problem = problems.get(environment.id);
    if (problem !== undefined) faulty.push(environment);
    return { ...environment, state: "stopping", ...defined({ problem }) };
  });
  return blame(stopping, faulty, "one attempt", now);
}
