import { defined } from "#language/defined.ts";
import type { PlannedJob } from "#language/plan.ts";
import type { Command, PipelineEvent } from "#pipeline/event.ts";
import { findJob } from "#pipeline/jobs.ts";
import type { Job, Pipeline } from "#pipeline/pipeline.ts";
import type { Deployment } from "#store/deployment-store.ts";
import { isFromFork } from "../configuration/facts.ts";
import type { Host, Installation, Ports } from "../deps.ts";
import { readPlan } from "../read-plan.ts";
import { type DeploymentTarget, deploymentTarget } from "./deployment.ts";

/** Keeps who deployed what, when, where to. What cannot be said is not asked for again. */
export async function recordDeployment(
  deps: Pick<Ports, "store" | "blobs"> & Pick<Installation, "settings"> & Pick<Host, "log">,
  pipeline: Pipeline,
  { jobId, status }: Extract<Command, { type: "record_deployment" }>,
): Promise<readonly PipelineEvent[]> {
  const recorded: PipelineEvent = { type: "deployment_recorded", jobId, status };
  // A fork's merge request holds no credentials to deploy with: what it says it did is not the project's history.
  if (isFromFork(pipeline.facts)) return [recorded];
  const job = findJob(pipeline, jobId);
  const settings = await deps.settings(pipeline);
  const plan = await readPlan(deps, pipeline.id);
  const planned = job && plan.jobs[job.planIndex];
  if (job === undefined || planned === undefined || settings === undefined) return [recorded];
  const target = deploymentTarget(pipeline, job, planned, settings);
  if ("error" in target) {
    deps.log("warn", "a deployment could not be recorded", { job: jobId, problem: target.error });
    return [recorded];
  }
  const { name, slug, tier } = target;
  const deployment = deploymentOf(pipeline, job, planned, target);
  await deps.store.deployments.record(pipeline.project, { name, slug, tier }, deployment);
  return [{ ...recorded, status: job.status }];
}

function deploymentOf(
  pipeline: Pipeline,
  job: Job,
  { deploymentEnvironment }: PlannedJob,
  { url }: DeploymentTarget,
): Deployment {
  const { facts } = pipeline;
  return {
    jobId: job.id,
    jobName: job.name,
    pipelineId: pipeline.id,
    action: job.deployment?.action ?? "start",
    status: job.status,
    ref: facts.ref.name,
    sha: facts.commit.sha,
    by: job.playedBy?.login ?? facts.user.login,
    startedAt: job.startedAt ?? job.createdAt,
    ...defined({ url }),
    ...(deploymentEnvironment?.onStop === undefined
      ? {}
      : { onStop: deploymentEnvironment.onStop }),
    ...defined({ finishedAt: job.finishedAt }),
  };
}
