import { reportTypes } from "#language/keyword/artifacts.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { authorizeJob } from "../access/authorize-job.ts";
import type { Host, Installation, Ports } from "../deps.ts";
import { artifactKey } from "../keys.ts";
import type { Room } from "./room.ts";
import type { UploadAnswer, UploadRequest } from "./upload-request.ts";

/** Those that a runner sends: GitLab Docs, "Types of artifacts reports", and the archive with its list of files. */
const knownTypes: readonly string[] = ["archive", "metadata", ...reportTypes];

const mostDotenvBytes = 64 * 1024;
/** Every upload leaves a mark of its expiry, also one that replaces another. */
const mostUploads = 200;

export type Admitted = {
  readonly answer: "admitted";
  readonly pipeline: Pipeline;
  /** The most bytes that this file may have. */
  readonly limitBytes: number;
  /** All files of the job together. */
  readonly room: Room;
};

/** Whether a job may upload a file of this type at all, and where the limits are. */
export async function admitUpload(
  deps: Pick<Ports, "store"> & Pick<Installation, "settings"> & Pick<Host, "now" | "hash">,
  request: UploadRequest,
): Promise<Admitted | Exclude<UploadAnswer, { readonly answer: "accepted" }>> {
  const { jobId, token, type } = request;
  const authorized = await authorizeJob(deps, jobId, token);
  if (authorized.result !== "ok") return { answer: authorized.result };
  if (!knownTypes.includes(type)) {
    const message = `there is no artifact_type \`${type}\`; known: ${knownTypes.join(", ")}`;
    return { answer: "invalid", message };
  }
  const { pipeline } = authorized;
  const limitBytes = (await deps.settings(pipeline))?.maxArtifactsBytes ?? 0;
  return {
    answer: "admitted",
    pipeline,
    limitBytes: type === "dotenv" ? Math.min(mostDotenvBytes, limitBytes) : limitBytes,
    room: {
      scope: scopeOf(jobId),
      prefix: artifactKey(jobId, ""),
      suffix: "",
      limitBytes,
      limitBlobs: knownTypes.length,
    },
  };
}

/** Counts an upload; a job that has made too many gets the reason. */
export async function countUpload(
  deps: Pick<Ports, "store">,
  jobId: number,
): Promise<{ readonly answer: "invalid"; readonly message: string } | undefined> {
  if ((await deps.store.reservations.count(scopeOf(jobId))) <= mostUploads) return undefined;
  return { answer: "invalid", message: `a job uploads at most ${mostUploads} times` };
}

function scopeOf(jobId: number): string {
  return `job/${jobId}`;
}
