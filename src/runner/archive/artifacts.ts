import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { JobContext } from "../executor/executor.ts";
import type { Workspace } from "../executor/workspace.ts";
import { JobFailure } from "../job-failure.ts";
import type { JobArtifacts, JobResponse } from "../protocol.ts";
import { fetchWithRetry } from "../retry.ts";
import { askLeave, type UploadLeave, uploadDirectly } from "../service-client/direct-upload.ts";
import {
  downloadFile,
  messageIn,
  type TransferAnswer,
  uploadFile,
} from "../service-client/transfer.ts";
import type { Log } from "../trace/trace.ts";
import { compressionLevel, isWanted, untrackedOf } from "./settings.ts";

const patienceMilliseconds = 10 * 60 * 1_000;

type Dependency = JobResponse["dependencies"][number];

/** Puts the archives of earlier jobs into the checkout, in the order of their jobs. Rejects where one is missing. */
export async function downloadArtifacts(
  context: JobContext,
  workspace: Workspace,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const dependencies = context.job.dependencies.filter(
    ({ artifacts_file }) => artifacts_file !== undefined,
  );
  if (dependencies.length === 0) return;
  log.sectionStart("download_artifacts", "Downloading artifacts");
  try {
    for (const dependency of dependencies) {
      await downloadOne(context, workspace, dependency, log, signal);
    }
  } finally {
    log.sectionEnd("download_artifacts");
  }
}

async function downloadOne(
  context: JobContext,
  workspace: Workspace,
  dependency: Dependency,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { settings } = context;
  const { id, name, token } = dependency;
  const archive = join(context.directory, `artifacts-${id}`);
  log.line(`Downloading artifacts for ${name} (${id})...`);
  const { status, sizeBytes } = await downloadFile(
    {
      url: `${settings.url}/api/v4/jobs/${id}/artifacts?direct_download=true`,
      headers: { "job-token": token },
    },
    archive,
    { patienceMilliseconds, signal },
  );
  if (status !== 200) {
    throw new JobFailure(
      "script_failure",
      `Downloading the artifacts of ${name} (${id}) failed: ${status === 404 ? "they are not there any more; retry that job" : `the service answered ${status}`}.`,
      { exitCode: 1 },
    );
  }
  try {
    await workspace.unpack(archive, signal);
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new JobFailure(
      /ENOSPC/.test(why) ? "runner_system_failure" : "script_failure",
      `Unpacking the artifacts of ${name} (${id}) failed: ${why}.`,
      { exitCode: 1, cause: error },
    );
  } finally {
    await rm(archive, { force: true });
  }
  log.line(`Downloading artifacts from coordinator... ok  id=${id} bytes=${sizeBytes}`);
}

export function artifactsToUpload(job: JobResponse, succeeded: boolean): readonly JobArtifacts[] {
  return job.artifacts.filter(({ when }) => isWanted(when, succeeded));
}

/** Uploads what a job left for others. A file that the service refuses fails the job, as on GitLab. */
export async function uploadArtifacts(
  context: JobContext,
  workspace: Workspace,
  wanted: readonly JobArtifacts[],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  for (const artifacts of wanted) {
    log.line("Uploading artifacts...");
    await uploadOne(context, workspace, artifacts, log, signal);
  }
}

async function uploadOne(
  context: JobContext,
  workspace: Workspace,
  artifacts: JobArtifacts,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { job, variables, directory } = context;
  const type = artifacts.artifact_type || "archive";
  const format = artifacts.artifact_format || "zip";
  const target = join(directory, `upload-${basename(type)}`);
  try {
    const sizeBytes = await workspace.pack(
      {
        format: format === "zip" ? "zip" : "gzip",
        level: compressionLevel(variables, "ARTIFACT_COMPRESSION_LEVEL"),
        paths: artifacts.paths.map(variables.expand),
        exclude: artifacts.exclude.map(variables.expand),
        ...(artifacts.untracked && { untracked: untrackedOf(context) }),
      },
      target,
      log,
      signal,
    );
    if (sizeBytes === undefined) {
      log.error("No files to upload");
      return;
    }
    const query = new URLSearchParams({
      artifact_type: type,
      artifact_format: format === "zip" ? "zip" : "gzip",
      ...(artifacts.expire_in === undefined ? {} : { expire_in: artifacts.expire_in }),
    });
    const filename = `${nameOf(artifacts, variables.expandName)}${format === "zip" ? ".zip" : ".gz"}`;
    await send(context, { query, filename, target, sizeBytes, type }, log, signal);
  } finally {
    await rm(target, { force: true });
  }
  log.line(`Uploading artifacts as "${type}" to coordinator... 201 Created  id=${job.id}`);
}

function nameOf(artifacts: JobArtifacts, expand: (text: string) => string): string {
  const name = basename(expand(artifacts.name ?? "")).trim();
  return name === "" || name === "." || name === ".." ? "artifacts" : name;
}

async function send(
  context: JobContext,
  upload: {
    readonly query: URLSearchParams;
    readonly filename: string;
    readonly target: string;
    readonly sizeBytes: number;
    readonly type: string;
  },
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { job, settings } = context;
  const { query, filename, target, sizeBytes, type } = upload;
  const url = `${settings.url}/api/v4/jobs/${job.id}/artifacts`;
  const headers = { "job-token": job.token };
  const options = { patienceMilliseconds, signal };
  // A refusal in the middle of a large upload would look like a broken connection.
  const leave = await askLeave(
    { url: `${url}/authorize?${query}&filesize=${sizeBytes}`, headers },
    options,
  );
  const answer = await sendWith(leave);
  if (answer.status === 201) return;
  log.error(`Uploading artifacts as "${type}" to coordinator... ${answer.message}`);
  throw new JobFailure(
    "script_failure",
    `Uploading artifacts as "${type}" (${sizeBytes} bytes) failed: ${answer.message}`,
    { exitCode: 1 },
  );

  async function sendWith(leave: UploadLeave): Promise<TransferAnswer> {
    if (leave.kind === "refused") return leave.answer;
    if (leave.kind === "through_service") {
      const form = { field: "file", filename };
      const request = { url: `${url}?${query}`, headers };
      return uploadFile("POST", request, { file: target, sizeBytes, form }, options);
    }
    const stored = await uploadDirectly(leave, { file: target, sizeBytes }, options);
    if (!stored.ok) return stored.answer;
    const confirmation = new URLSearchParams(query);
    confirmation.set("uploaded", "true");
    confirmation.set("filename", filename);
    const response = await fetchWithRetry(
      `${url}?${confirmation}`,
      { method: "POST", headers },
      options,
    );
    return { status: response.status, message: await messageIn(response) };
  }
}
