import type * as z from "zod/mini";
import type { Job, Pipeline } from "#pipeline/pipeline.ts";
import { jobStart } from "#pipeline/usage.ts";
import { jobUrl, pipelineUrl } from "../page-urls.ts";
import type { jobSchema } from "./schema/job.ts";

export type JobView = z.output<typeof jobSchema>;

export function jobView(pipeline: Pipeline, job: Job): JobView {
  const message = job.failureMessage ?? environmentProblem(pipeline, job);
  return {
    id: job.id,
    name: job.name,
    stage: job.stage,
    status: job.status,
    when: job.when,
    allow_failure: job.allowFailure,
    retried: job.retried,
    ...(job.failureReason === undefined ? {} : { failure_reason: job.failureReason }),
    ...(message === undefined ? {} : { failure_message: message }),
    ...(job.exitCode === undefined ? {} : { exit_code: job.exitCode }),
    ...(job.coverage === undefined ? {} : { coverage: job.coverage }),
    ...(job.queuedAt === undefined ? {} : { queued_at: job.queuedAt }),
    ...(job.startedAt === undefined ? {} : { started_at: job.startedAt }),
    ...(job.finishedAt === undefined ? {} : { finished_at: job.finishedAt }),
    ...(job.environmentId === undefined ? {} : { environment: job.environmentId }),
    ...startView(pipeline, job),
    ...(job.childPipelineId === undefined
      ? {}
      : {
          child: {
            id: job.childPipelineId,
            url: pipelineUrl(pipeline.facts, job.childPipelineId),
          },
        }),
    ...artifactsView(pipeline, job),
    url: jobUrl(pipeline.facts, job.id),
  };
}

function artifactsView(pipeline: Pipeline, job: Job): Pick<JobView, "artifacts"> {
  const present = job.artifacts?.filter(({ removed }) => removed !== true) ?? [];
  if (present.length === 0) return {};
  const address = `${jobUrl(pipeline.facts, job.id)}/artifacts/download`;
  return {
    artifacts: present.map(({ type, filename, sizeBytes, expireAt }) => ({
      type,
      filename,
      size: sizeBytes,
      ...(expireAt === undefined ? {} : { expire_at: expireAt }),
      url: type === "archive" ? address : `${address}?file_type=${type}`,
    })),
  };
}

/** 0 seconds of provisioning: the job found an environment that was running. */
function startView(
  pipeline: Pipeline,
  job: Job,
): Pick<JobView, "provisioning_seconds" | "waited_seconds"> {
  const start = jobStart(pipeline, job);
  if (start === undefined) return {};
  return {
    provisioning_seconds: start.provisioningSeconds,
    ...(start.waitedSeconds > 0 && { waited_seconds: start.waitedSeconds }),
  };
}

/** A runner that died could not say why; its environment may know. */
function environmentProblem(pipeline: Pipeline, job: Job): string | undefined {
  if (job.failureReason !== "runner_system_failure") return undefined;
  return pipeline.environments.find(({ id }) => id === job.environmentId)?.problem;
}
