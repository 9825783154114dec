import { type Ending, endJobs } from "./end-jobs.ts";
import {
  type EnvironmentLoads,
  environmentLoads,
  kindOfEnvironment,
  kindOfJob,
  uncoveredJobs,
} from "./environment-load.ts";
import type { Job, Pipeline, PipelineEnvironment } from "./pipeline.ts";
import { epochMs } from "./time.ts";

/** `every attempt` means that another start cannot help any job of that kind. */
export type Cost = "one attempt" | "every attempt";

/**
 * An environment that ended without ever taking a job costs one attempt of each ready job that it was started for.
 * So a machine that never starts fails the pipeline instead of being started for ever. Jobs that became ready only
 * after the environment was requested are not counted. The environments are no longer live in `pipeline`.
 */
export function blame(
  pipeline: Pipeline,
  environments: readonly PipelineEnvironment[],
  cost: Cost,
  now: string,
): Pipeline {
  const loads = environmentLoads(pipeline);
  const idle = environments.filter((environment) => loads(environment.id).taken === 0);
  if (idle.length === 0) return pipeline;
  const stranded = strandedByKind(pipeline, loads);
  const endings = new Map<number, Ending>();
  for (const environment of idle) {
    const waiting = stranded.get(kindOfEnvironment(environment)) ?? [];
    const limit = cost === "every attempt" ? waiting.length : environment.capacity;
    for (const job of takeLast(
      waiting,
      limit,
      (next) => cost === "every attempt" || isOlder(next, environment),
    )) {
      endings.set(job.id, {
        state: "failed",
        failureReason: "runner_system_failure",
        environmentId: environment.id,
        final: cost === "every attempt",
      });
    }
  }
  return endJobs(pipeline, endings, now);
}

/** Ready jobs without an environment, by kind, the longest waiting last. */
function strandedByKind(pipeline: Pipeline, loads: EnvironmentLoads): ReadonlyMap<string, Job[]> {
  const kinds = new Map<string, Job[]>();
  for (const job of uncoveredJobs(pipeline, loads)) {
    const kind = kindOfJob(pipeline, job);
    const jobs = kinds.get(kind);
    if (jobs === undefined) kinds.set(kind, [job]);
    else jobs.push(job);
  }
  for (const jobs of kinds.values()) jobs.sort((a, b) => queuedMs(b) - queuedMs(a) || b.id - a.id);
  return kinds;
}

function takeLast(jobs: Job[], limit: number, fits: (job: Job) => boolean): readonly Job[] {
  const taken: Job[] = [];
  for (let last = jobs.at(-1); last !== undefined && taken.length < limit; last = jobs.at(-1)) {
    if (!fits(last)) break;
    taken.push(last);
    jobs.pop();
  }
  return taken;
}

function isOlder(job: Job, environment: PipelineEnvironment): boolean {
  return queuedMs(job) <= epochMs(environment.wantedAt);
}

function queuedMs(job: Job): number {
  return epochMs(job.queuedAt ?? job.createdAt);
}
