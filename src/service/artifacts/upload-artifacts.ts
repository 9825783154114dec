import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { parseDuration } from "#language/keyword/duration.ts";
import type { Variable } from "#language/variables.ts";
import type { JobArtifact, Pipeline } from "#pipeline/pipeline.ts";
import { authorizeJob } from "../access/authorize-job.ts";
import { advanceSoon } from "../advance/advance-pipeline.ts";
import type { Host, Installation, Ports, ServiceDeps } from "../deps.ts";
import { artifactKey } from "../keys.ts";
import { expiryKey } from "./artifact-expiry.ts";
import { parseDotenv } from "./parse-dotenv.ts";

const decompress = promisify(gunzip);

/** GitLab's default: "Default artifacts expiration". */
const defaultExpirySeconds = 30 * 24 * 3600;
const maxDotenvBytes = 64 * 1024;
/** One stored item holds the variables of all jobs of a pipeline. */
const maxPipelineDotenvCharacters = 100_000;

export type UploadRequest = {
  readonly jobId: number;
  readonly token: string;
  readonly type: string;
  readonly format: JobArtifact["format"];
  /** As written in `artifacts:expire_in`. */
  readonly expireIn?: string;
};

export type UploadAnswer =
  | { readonly answer: "accepted" }
  | { readonly answer: "too_large"; readonly limitBytes: number }
  | { readonly answer: "invalid"; readonly message: string }
  | { readonly answer: "unknown" | "forbidden" };

/** Whether an upload of this size would be taken, before its bytes are sent. */
export async function mayUpload(
  deps: Pick<Ports, "store"> & Pick<Installation, "settings"> & Pick<Host, "now" | "hash">,
  request: UploadRequest,
  sizeBytes: number,
): Promise<UploadAnswer> {
  const authorized = await authorizeJob(deps, request.jobId, request.token);
  if (authorized.result !== "ok") return { answer: authorized.result };
  const limitBytes = await limitOf(deps, authorized.pipeline, request.type);
  return sizeBytes > limitBytes ? { answer: "too_large", limitBytes } : { answer: "accepted" };
}

/** Stores a file of a job. A second upload replaces the first. */
export async function uploadArtifact(
  deps: ServiceDeps,
  request: UploadRequest,
  file: { readonly name: string; readonly stream: AsyncIterable<Uint8Array> },
): Promise<UploadAnswer> {
  const authorized = await authorizeJob(deps, request.jobId, request.token);
  if (authorized.result !== "ok") return { answer: authorized.result };
  const { pipeline } = authorized;
  const limitBytes = await limitOf(deps, pipeline, request.type);
  const key = artifactKey(request.jobId, request.type);
  const stored = await deps.blobs.putStream(key, file.stream, limitBytes);
  if (stored === "too_large") return { answer: "too_large", limitBytes };
  return recordUpload(deps, pipeline, request, { name: file.name, sizeBytes: stored.sizeBytes });
}

/** Makes a stored file an artifact of its job. A file whose content is refused is deleted. */
export async function recordUpload(
  deps: ServiceDeps,
  pipeline: Pipeline,
  request: UploadRequest,
  file: { readonly name: string; readonly sizeBytes: number },
): Promise<UploadAnswer> {
  const { jobId, type, format } = request;
  const dotenv = type === "dotenv" ? await readDotenv(deps, pipeline, jobId) : undefined;
  if (dotenv !== undefined && "error" in dotenv) {
    await deps.blobs.delete(artifactKey(jobId, type));
    return { answer: "invalid", message: dotenv.error };
  }
  const expireAt = expiry(deps.now(), request.expireIn);
  if (expireAt !== undefined) {
    await deps.blobs.put(expiryKey({ at: expireAt, jobId, type }), new Uint8Array());
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

/** The most bytes that a file of this type may have. */
export async function limitOf(
  deps: Pick<Installation, "settings">,
  pipeline: Pipeline,
  type: string,
): Promise<number> {
  if (type === "dotenv") return maxDotenvBytes;
  const settings = await deps.settings(pipeline);
  return settings?.maxArtifactsBytes ?? 0;
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
