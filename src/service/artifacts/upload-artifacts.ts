import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { parseDuration } from "#language/keyword/duration.ts";
import type { Variable } from "#language/variables.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { advanceSoon } from "../advance/advance-pipeline.ts";
import type { Installation, Ports, ServiceDeps } from "../deps.ts";
import { artifactKey } from "../keys.ts";
import { defaultExpirySeconds, markExpiry } from "./artifact-expiry.ts";
import { admitUpload, countUpload } from "./artifact-room.ts";
import { holdRoom, lookForRoom, type NoRoom, type RoomDeps } from "./hold-room.ts";
import { parseDotenv } from "./parse-dotenv.ts";
import type { Room } from "./room.ts";
import type { UploadAnswer, UploadRequest } from "./upload-request.ts";

const decompress = promisify(gunzip);

const maxDotenvBytes = 64 * 1024;
/** One stored item holds the variables of all jobs of a pipeline. */
const maxPipelineDotenvCharacters = 100_000;

/** Whether an upload of this size would be taken, before its bytes are sent. */
export async function mayUpload(
  deps: RoomDeps & Pick<Installation, "settings">,
  request: UploadRequest,
  sizeBytes: number,
): Promise<UploadAnswer> {
  const admitted = await admitUpload(deps, request);
  if (admitted.answer !== "admitted") return admitted;
  const { limitBytes, room } = admitted;
  if (sizeBytes > limitBytes) return { answer: "too_large", limitBytes };
  const key = artifactKey(request.jobId, request.type);
  const wanted = { key, bytes: sizeBytes, mostBytes: limitBytes };
  const found = await lookForRoom(deps, room, wanted);
  // What another upload holds may be free when this one's bytes come.
  return found === "full" ? refused(found, room) : { answer: "accepted" };
}

/** Stores a file of a job. A second upload replaces the first. */
export async function uploadArtifact(
  deps: ServiceDeps,
  request: UploadRequest,
  file: {
    readonly name: string;
    readonly stream: AsyncIterable<Uint8Array>;
    /** The most that the file can have, where the sender said so. */
    readonly sizeBytes?: number;
  },
): Promise<UploadAnswer> {
  const admitted = await admitUpload(deps, request);
  if (admitted.answer !== "admitted") return admitted;
  const { pipeline, limitBytes, room } = admitted;
  const key = artifactKey(request.jobId, request.type);
  const bytes = file.sizeBytes === undefined ? undefined : Math.min(file.sizeBytes, limitBytes);
  const wanted = { key, bytes, mostBytes: limitBytes };
  const hold = await holdRoom(deps, room, wanted, "stream");
  if (typeof hold === "string") return refused(hold, room);
  try {
    const stored = await deps.blobs.putStream(key, hold.guard(file.stream), hold.bytes);
    if (stored === "too_large") return { answer: "too_large", limitBytes: hold.bytes };
    return await recordUpload(deps, pipeline, request, {
      name: file.name,
      sizeBytes: stored.sizeBytes,
    });
  } finally {
    await hold.release();
  }
}

export function refused(
  why: NoRoom,
  room: Room,
): { readonly answer: "busy" } | { readonly answer: "too_large"; readonly limitBytes: number } {
  return why === "busy" ? { answer: "busy" } : { answer: "too_large", limitBytes: room.limitBytes };
}

/** Makes a stored file an artifact of its job. A file whose content is refused is deleted. */
export async function recordUpload(
  deps: ServiceDeps,
  pipeline: Pipeline,
  request: UploadRequest,
  file: { readonly name: string; readonly sizeBytes: number },
): Promise<UploadAnswer> {
  const { jobId, type, format } = request;
  const tooMany = await countUpload(deps, jobId);
  if (tooMany !== undefined) return tooMany;
  const dotenv = type === "dotenv" ? await readDotenv(deps, pipeline, jobId) : undefined;
  if (dotenv !== undefined && "error" in dotenv) {
    await deps.blobs.delete(artifactKey(jobId, type));
    return { answer: "invalid", message: dotenv.error };
  }
  const expireAt = expiry(deps.now(), request.expireIn);
  if (expireAt !== undefined) {
    await markExpiry(deps, { at: expireAt, jobId, type });
  }
  const filename = file.name.replaceAll(/[^\w. ()+@-]/g, "_").slice(-200) || type;
  await advanceSoon(deps, pipeline.id, [
    {
      type: "artifacts_uploaded",
      jobId,
      artifact: {
        type,
        format,
        filename,
        sizeBytes: file.sizeBytes,
        ...(expireAt === undefined ? {} : { expireAt }),
      },
      ...(dotenv === undefined ? {} : { dotenv: dotenv.variables }),
    },
  ]);
  return { answer: "accepted" };
}

async function readDotenv(
  deps: Pick<Ports, "blobs">,
  pipeline: Pipeline,
  jobId: number,
): Promise<{ readonly variables: readonly Variable[] } | { readonly error: string }> {
  const packed = (await deps.blobs.get(artifactKey(jobId, "dotenv"))) ?? new Uint8Array();
  const bytes = await decompress(packed, { maxOutputLength: maxDotenvBytes }).catch(
    () => undefined,
  );
  if (bytes === undefined) return { error: "The dotenv report is no gzip file, or too large." };
  const parsed = parseDotenv(bytes);
  if ("error" in parsed) return parsed;
  const others = pipeline.jobs.flatMap((job) => (job.id === jobId ? [] : (job.dotenv ?? [])));
  const all = [...others, ...parsed.variables];
  const characters = all.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  return characters > maxPipelineDotenvCharacters
    ? {
        error: `The dotenv reports of one pipeline have at most ${maxPipelineDotenvCharacters} characters together.`,
      }
    : parsed;
}

/** When the artifact expires. Undefined for `never` and 0. */
function expiry(now: number, expireIn: string | undefined): string | undefined {
  if (expireIn === "never") return undefined;
  const seconds = parseDuration(expireIn ?? "") ?? defaultExpirySeconds;
  return seconds === 0 ? undefined : new Date(now + seconds * 1000).toISOString();
}
