import type { Command, PipelineEvent } from "./event.ts";
import { changeJob } from "./jobs.ts";
import type { Job, Pipeline } from "./pipeline.ts";
import type { Status } from "./status.ts";

/** Jobs that deploy to a deployment environment or stop one, and whose record is not up to date. */
export function deploymentCommands(
  before: Pipeline,
  after: Pipeline,
  event: PipelineEvent,
): readonly Command[] {
  const all = event.type === "look";
  if (before.jobs === after.jobs && !all) return [];
  return after.jobs.flatMap((job, index): readonly Command[] => {
    const changed = all || before.jobs[index]?.status !== job.status;
    return changed && isUnrecorded(job)
      ? [{ type: "record_deployment", jobId: job.id, status: job.status }]
      : [];
  });
}

export function isUnrecorded(job: Job): boolean {
  if (job.deployment === undefined || job.startedAt === undefined) return false;
  return isRecorded(job.status) && job.deployment.recorded !== job.status;
}

export function noteDeploymentRecorded(
  pipeline: Pipeline,
  jobId: number,
  recorded: Status,
): Pipeline {
  return changeJob(pipeline, jobId, (job) =>
    job.deployment === undefined || job.deployment.recorded === recorded
      ? job
      : { ...job, deployment: { ...job.deployment, recorded } },
  );
}

/** GitLab Docs, "Deployments API": the statuses that a deployment can have once its job has begun. */
function isRecorded(status: Status): boolean {
  return (
    status === "running" || status === "success" || status === "failed" || status === "canceled"
  );
}
