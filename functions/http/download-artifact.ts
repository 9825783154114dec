import type { Context } from "hono";
import { type DownloadAnswer, openArtifact } from "#service/artifacts/download-artifacts.ts";
import type { Ports } from "#service/deps.ts";
import { fileResponse } from "./file-response.ts";

/** `file_type` chooses a report, as on GitLab; without it, the archive. */
export async function downloadArtifact(
  service: Pick<Ports, "store" | "blobs">,
  context: Context,
): Promise<Response> {
  const type = context.req.query("file_type") ?? "archive";
  return downloadAnswered(await openArtifact(service, Number(context.req.param("id")), type));
}

/** The file, or why there is none, as a response. */
export function downloadAnswered(answer: DownloadAnswer): Response {
  switch (answer.answer) {
    case "found":
      return fileResponse(answer.file, {
        filename: answer.artifact.filename,
        contentType: contentTypes[answer.artifact.format],
      });
    case "absent":
      return Response.json({ error: "There are no such artifacts (any more)." }, { status: 404 });
    case "forbidden":
      return Response.json({ message: "403 Forbidden" }, { status: 403 });
  }
}

const contentTypes = {
  zip: "application/zip",
  gzip: "application/gzip",
  raw: "application/octet-stream",
} as const;
