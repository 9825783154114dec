import { compositeStatus } from "#pipeline/composite-status.ts";
import { environmentLoads, isLive, isShared } from "#pipeline/environment-load.ts";
import { currentJobs } from "#pipeline/jobs.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { isCompleted } from "#pipeline/status.ts";

/** What is wrong with a pipeline's state, in words; empty for a legal one. */
export function flaws(pipeline: Pipeline): readonly string[] {
  const found: string[] = [];
  const demand = (holds: boolean, flaw: string) => {
    if (!holds) found.push(flaw);
  };
  const current = currentJobs(pipeline);
  const names = new Set(pipeline.jobs.map((job) => job.name));
  demand(current.length === names.size, "a job has no attempt that counts, or two");
  for (const [index, job] of pipeline.jobs.entries()) {
    const name = `${job.name} (${job.id})`;
    demand(job.id === pipeline.id * 100_000 + index + 1, `${name}: wrong id`);
    demand(!job.retried || isCompleted(job.status), `${name}: retried though it has not ended`);
    demand(job.attempt <= Math.max(job.retry.max, 2), `${name}: too many attempts`);
    demand(job.systemFailures <= 2, `${name}: too many system failures`);
    if (job.status === "running" || job.status === "canceling") {
      demand(job.startedAt !== undefined, `${name}: at work but never started`);
      demand(job.finishedAt === undefined, `${name}: at work but finished`);
      const isNamed = job.tokenHash !== undefined || job.childPipelineId !== undefined;
      demand(isNamed, `${name}: at work without token or child pipeline`);
    }
    demand((job.status === "failed") === (job.failureReason !== undefined), `${name}: reason`);
    if (job.status === "pending")
      demand(job.queuedAt !== undefined, `${name}: pending since never`);
    if (job.status === "scheduled" && job.childPipelineId === undefined)
      demand(job.scheduledAt !== undefined, `${name}: due never`);
    demand(job.trigger === undefined || job.tokenHash === undefined, `${name}: given to a runner`);
    if (job.status === "created")
      demand(job.startedAt === undefined, `${name}: created and started`);
  }
  const loads = environmentLoads(pipeline);
  let held = 0;
  for (const environment of pipeline.environments) {
    const { taken, busy } = loads(environment.id);
    demand(busy <= environment.capacity, `${environment.id}: too many jobs`);
    demand(isShared(environment) || taken <= 1, `${environment.id}: used twice`);
    demand(environment.state !== "ended" || busy === 0, `${environment.id}: ended with jobs`);
    if (isLive(environment) && (taken === 0 || busy > 0)) held += 1;
  }
  const ids = new Set(pipeline.environments.map((environment) => environment.id));
  demand(ids.size === pipeline.environments.length, "two environments with one id");
  demand(held <= pipeline.settings.maxEnvironments, "too many environments");
  if (pipeline.status !== "created") {
    const composite = compositeStatus(current, "stages");
    const goesOn = composite === "pending" && pipeline.status === "running";
    demand(
      goesOn || composite === pipeline.status,
      `pipeline ${pipeline.status}, not ${composite}`,
    );
  }
  demand(
    isCompleted(pipeline.status) === (pipeline.finishedAt !== undefined),
    "finished though not completed, or the other way round",
  );
  return found;
}

/** Makes every later change of the value throw. */
export function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}
