import type { DownloadAnswer } from "#service/artifacts/download-artifacts.ts";
import { fileResponse } from "./file-response.ts";

const contentTypes = {
  zip: "application/zip",
  gzip: "application/gzip",
  raw: "application/octet-stream",
} as const;

/** A job's artifact as the answer to a request. */
export function artifactResponse(
  found: Extract<DownloadAnswer, { readonly answer: "found" }>,
): Response {
  return fileResponse(found.file, {
    filename: found.artifact.filename,
    contentType: contentTypes[found.artifact.format],
  });
}
