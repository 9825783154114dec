import type { PresignedWrite } from "#blobs/blobs.ts";
import type { Installation, ServiceDeps } from "../deps.ts";
import { artifactKey } from "../keys.ts";
import { expiryOfUnconfirmed, markExpiry } from "./artifact-expiry.ts";
import { admitUpload, countUpload } from "./artifact-room.ts";
import { holdRoom, type RoomDeps } from "./hold-room.ts";
import { mayUpload, recordUpload, refused } from "./upload-artifacts.ts";
import type { UploadAnswer, UploadRequest } from "./upload-request.ts";

/** Longer than a runner retries. */
export const directUploadSeconds = 900;

/**
 * Says whether an upload of this size is accepted, before its bytes are sent, and gives the direct address if there is
 * one. The job confirms a direct upload afterwards. An earlier upload is removed.
 */
export async function openUpload(
  deps: RoomDeps & Pick<Installation, "settings">,
  request: UploadRequest,
  sizeBytes: number,
): Promise<UploadAnswer | { readonly answer: "direct"; readonly upload: PresignedWrite }> {
  const answer = await mayUpload(deps, request, sizeBytes);
  if (answer.answer !== "accepted" || deps.blobs.presignWrite === undefined) return answer;
  const admitted = await admitUpload(deps, request);
  if (admitted.answer !== "admitted") return admitted;
  const { jobId, type } = request;
  const key = artifactKey(jobId, type);
  const upload = await deps.blobs.presignWrite(key, {
    seconds: directUploadSeconds,
    sizeBytes,
    // The address outlives the job, so a file that others have read must not change.
    once: true,
  });
  if (upload === undefined) return answer;
  const tooMany = await countUpload(deps, jobId);
  if (tooMany !== undefined) return tooMany;
  const wanted = { key, bytes: sizeBytes, mostBytes: sizeBytes };
  const hold = await holdRoom(deps, admitted.room, wanted, "direct");
  if (typeof hold === "string") return refused(hold, admitted.room);
  await deps.blobs.delete(key);
  // A file that is written and never confirmed is removed too.
  await markExpiry(deps, { at: expiryOfUnconfirmed(deps.now()), jobId, type });
  return { answer: "direct", upload };
}

/** Accepts a file that a job wrote to its upload address. Idempotent. */
export async function confirmUpload(
  deps: ServiceDeps,
  request: UploadRequest,
  name: string,
): Promise<UploadAnswer> {
  const admitted = await admitUpload(deps, request);
  if (admitted.answer !== "admitted") return admitted;
  const { pipeline, limitBytes } = admitted;
  const key = artifactKey(request.jobId, request.type);
  const sizeBytes = await deps.blobs.size?.(key);
  if (sizeBytes === undefined) {
    return { answer: "invalid", message: "There is no file at the address that was given for it." };
  }
  if (sizeBytes > limitBytes) {
    await deps.blobs.delete(key);
    return { answer: "too_large", limitBytes };
  }
  return recordUpload(deps, pipeline, request, { name, sizeBytes });
}
