import type { Job, JobArtifact, Pipeline } from "#pipeline/pipeline.ts";
import { jobOfToken } from "../access/authorize-job.ts";
import type { Host, Ports } from "../deps.ts";
import { artifactKey } from "../keys.ts";
import { readJob } from "../read-job.ts";
import { type BlobFile, openBlob } from "./open-blob.ts";

export type DownloadAnswer =
  | { readonly answer: "found"; readonly artifact: JobArtifact; readonly file: BlobFile }
  | { readonly answer: "absent" | "forbidden" };

/** Opens an artifact for a person or a program with access to the project. */
export async function openArtifact(
  deps: Pick<Ports, "store" | "blobs">,
  jobId: number,
  type: string,
): Promise<DownloadAnswer> {
  const found = await readJob(deps, jobId);
  return found === undefined ? { answer: "absent" } : open(deps, found.job, type);
}

/**
 * Opens an artifact of another job for a running job. The other job must belong to the same project, and for a merge
 * request from a fork to the same pipeline.
 */
export async function openArtifactForJob(
  deps: Pick<Ports, "store" | "blobs"> & Pick<Host, "now" | "hash">,
  jobId: number,
  token: string,
): Promise<DownloadAnswer> {
  const [asking, found] = await Promise.all([
    jobOfToken(deps, deps.hash(token)),
    readJob(deps, jobId),
  ]);
  if (asking === undefined) return { answer: "forbidden" };
  if (found === undefined) return { answer: "absent" };
  if (!mayRead(asking.grant, found.pipeline)) return { answer: "forbidden" };
  return open(deps, found.job, "archive");
}

function mayRead(
  grant: { readonly pipelineId: number; readonly project: string; readonly canPush: boolean },
  pipeline: Pipeline,
): boolean {
  if (grant.pipelineId === pipeline.id) return true;
  return grant.canPush && grant.project === pipeline.project;
}

async function open(deps: Pick<Ports, "blobs">, job: Job, type: string): Promise<DownloadAnswer> {
  const artifact = job.artifacts?.find((candidate) => candidate.type === type);
  if (artifact === undefined || artifact.removed === true) return { answer: "absent" };
  const file = await openBlob(deps, artifactKey(job.id, type), artifact.filename);
  return file === undefined ? { answer: "absent" } : { answer: "found", artifact, file };
}
