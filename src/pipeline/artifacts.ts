import { defined } from "#language/defined.ts";
import type { PipelineEvent } from "./event.ts";
import { changeJob } from "./jobs.ts";
import type { Pipeline } from "./pipeline.ts";
import { isWithRunner } from "./status.ts";

/** Only a job that is with its runner can still get artifacts. */
export function noteArtifact(
  pipeline: Pipeline,
  upload: Extract<PipelineEvent, { type: "artifacts_uploaded" }>,
): Pipeline {
  return changeJob(pipeline, upload.jobId, (job) => {
    if (job.retried || !isWithRunner(job.status)) return job;
    const others = job.artifacts?.filter(({ type }) => type !== upload.artifact.type) ?? [];
    return {
      ...job,
      artifacts: [...others, upload.artifact],
      ...defined({ dotenv: upload.dotenv }),
    };
  });
}

export function noteArtifactRemoved(pipeline: Pipeline, jobId: number, type: string): Pipeline {
  return changeJob(pipeline, jobId, (job) => {
    if (!job.artifacts?.some((artifact) => artifact.type === type && !artifact.removed)) return job;
    const artifacts = job.artifacts.map((artifact) =>
      artifact.type === type ? { ...artifact, removed: true as const } : artifact,
    );
    return { ...job, artifacts };
  });
}
