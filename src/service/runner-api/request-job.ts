import { availableJobs, environmentMayExit, findEnvironment } from "#pipeline/availability.ts";
import { findJob } from "#pipeline/jobs.ts";
import type { Job, Pipeline } from "#pipeline/pipeline.ts";
import { isWithRunner } from "#pipeline/status.ts";
import type { JobResponse } from "#runner/protocol.ts";
import { advanceSoon } from "../advance/advance-pipeline.ts";
import { isoNow, type ServiceDeps } from "../deps.ts";
import { accessOf } from "../environment/environment-ref.ts";
import { logKey } from "../keys.ts";
import { readPlan } from "../read-plan.ts";
import { contactMilliseconds } from "./append-trace.ts";
import { jobResponse } from "./job-response.ts";

export type JobAnswer =
  | { readonly answer: "job"; readonly job: JobResponse }
  /** There is no job now. The runner asks again. */
  | { readonly answer: "none" }
  /** There will be no more jobs. The runner exits. */
  | { readonly answer: "gone" }
  | { readonly answer: "refused" };

/**
 * Gives one ready job of the environment's pipeline to its runner. A conditional write ensures that exactly one runner
 * gets a job. With a hold time, the request waits until a job is ready.
 */
export async function requestJob(
  deps: ServiceDeps,
  runnerToken: string,
  /** The jobs that the runner says it has; undefined for runners that do not say. */
  runningJobs?: readonly number[],
): Promise<JobAnswer> {
  const grant = await deps.store.tokens.get(deps.hash(runnerToken), isoNow(deps));
  if (grant?.kind !== "environment") return { answer: "refused" };
  const { pipelineId, environmentId } = grant;
  const present = await deps.store.pipelines.get(pipelineId);
  if (present === undefined) return { answer: "gone" };
  await noteAlive(deps, present.value, environmentId);
  if (runningJobs !== undefined) await endLostJobs(deps, present.value, grant, runningJobs);
  const until = deps.now() + deps.holdMilliseconds;
  for (;;) {
    const change = deps.waitForChange(pipelineId, Math.max(0, until - deps.now()));
    const stored = await deps.store.pipelines.get(pipelineId);
    if (stored === undefined) return { answer: "gone" };
    for (const job of availableJobs(stored.value, environmentId)) {
      const taken = await takeJob(deps, stored.value, job, environmentId);
      if (taken !== undefined) return { answer: "job", job: taken };
    }
    if (environmentMayExit(stored.value, environmentId)) return { answer: "gone" };
    if (deps.now() >= until) return { answer: "none" };
    await change;
  }
}

/** An answer this young may still be on its way to the runner. */
const answerMilliseconds = 5_000;

/**
 * If a runner does not know a job that was given to it, the answer got lost (the service was killed before the runner had
 * read it). The job is ended as a system failure, so that it runs again at once.
 */
async function endLostJobs(
  deps: ServiceDeps,
  pipeline: Pipeline,
  grant: { readonly environmentId: string },
  runningJobs: readonly number[],
): Promise<void> {
  const lost = pipeline.jobs.filter(
    (job) =>
      job.environmentId === grant.environmentId &&
      isWithRunner(job.status) &&
      !runningJobs.includes(job.id) &&
      deps.now() - Date.parse(job.startedAt ?? job.createdAt) > answerMilliseconds,
  );
  if (lost.length === 0) return;
  for (const job of lost) {
    deps.log("warn", "a job was given away in an answer that its runner never read", {
      pipeline: pipeline.id,
      job: job.id,
    });
  }
  await advanceSoon(
    deps,
    pipeline.id,
    lost.map((job) => ({
      type: "job_finished",
      jobId: job.id,
      state: "failed",
      failureReason: "runner_system_failure",
    })),
  );
}

/** A contact is stored at most once a minute, because otherwise every idle poll would write the pipeline. */
async function noteAlive(
  deps: ServiceDeps,
  pipeline: Pipeline,
  environmentId: string,
): Promise<void> {
  const environment = findEnvironment(pipeline, environmentId);
  if (environment === undefined) return;
  const last = environment.contactAt ?? environment.runningAt ?? environment.wantedAt;
  if (deps.now() - Date.parse(last) < contactMilliseconds) return;
  await advanceSoon(deps, pipeline.id, [{ type: "environment_running", environmentId }]);
}

async function takeJob(
  deps: ServiceDeps,
  pipeline: Pipeline,
  job: Job,
  environmentId: string,
): Promise<JobResponse | undefined> {
  const token = deps.randomToken();
  const tokenHash = deps.hash(token);
  const advanced = await advanceSoon(deps, pipeline.id, [
    { type: "job_taken", jobId: job.id, environmentId, tokenHash },
  ]);
  const row = advanced && findJob(advanced, job.id);
  if (advanced === undefined || row?.tokenHash !== tokenHash) return undefined;
  const [, plan] = await Promise.all([
    deps.store.tokens.put(tokenHash, {
      kind: "job",
      jobId: job.id,
      pipelineId: pipeline.id,
      project: pipeline.project,
      canPush: accessOf(advanced) === "push",
      expiresAt: new Date(deps.now() + (job.timeoutSeconds + 3600) * 1000).toISOString(),
    }),
    readPlan(deps, pipeline.id),
  ]);
  const response = await jobResponse(deps, advanced, row, plan, token);
  if ("error" in response) {
    await deps.blobs.append(
      logKey(job.id),
      0,
      new TextEncoder().encode(`ERROR: ${response.error}\n`),
    );
    await advanceSoon(deps, pipeline.id, [
      {
        type: "job_finished",
        jobId: job.id,
        state: "failed",
        failureReason: response.failureReason ?? "config_error",
      },
    ]);
    return undefined;
  }
  return response;
}
