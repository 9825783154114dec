import type { PresignedWrite } from "#blobs/blobs.ts";
import { authorizeJob } from "../access/authorize-job.ts";
import type { Host, Installation, Ports, ServiceDeps } from "../deps.ts";
import { artifactKey } from "../keys.ts";
import {
  limitOf,
  mayUpload,
  recordUpload,
  type UploadAnswer,
  type UploadRequest,
} from "./upload-artifacts.ts";

/** Longer than a runner retries. */
export const directUploadSeconds = 900;

/**
 * Says whether an upload of this size is accepted, before its bytes are sent, and gives the direct address if there is
 * one. The job confirms a direct upload afterwards. An earlier upload is removed.
 */
export async function openUpload(
  deps: Pick<Ports, "store" | "blobs"> &
    Pick<Installation, "settings"> &
    Pick<Host, "now" | "hash">,
  request: UploadRequest,
  sizeBytes: number,
): Promise<UploadAnswer | { readonly answer: "direct"; readonly upload: PresignedWrite }> {
  const answer = await mayUpload(deps, request, sizeBytes);
  if (answer.answer !== "accepted") return answer;
  const key = artifactKey(request.jobId, request.type);
  const upload = await deps.blobs.presignWrite?.(key, {
    seconds: directUploadSeconds,
    sizeBytes,
    // The address outlives the job, so a file that others have read must not change.
    once: true,
  });
  if (upload === undefined) return answer;
  await deps.blobs.delete(key);
  return { answer: "direct", upload };
}

/** Accepts a file that a job wrote to its upload address. Idempotent. */
export async function confirmUpload(
  deps: ServiceDeps,
  request: UploadRequest,
  name: string,
): Promise<UploadAnswer> {
  const authorized = await authorizeJob(deps, request.jobId, request.token);
  if (authorized.result !== "ok") return { answer: authorized.result };
  const { pipeline } = authorized;
  const key = artifactKey(request.jobId, request.type);
  const sizeBytes = await deps.blobs.size?.(key);
  if (sizeBytes === undefined) {
    return { answer: "invalid", message: "There is no file at the address that was given for it." };
  }
  const limitBytes = await limitOf(deps, pipeline, request.type);
  if (sizeBytes > limitBytes) {
    await deps.blobs.delete(key);
    return { answer: "too_large", limitBytes };
  }
  return recordUpload(deps, pipeline, request, { name, sizeBytes });
}
