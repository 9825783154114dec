import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import { confirmUpload, openUpload } from "#service/artifacts/direct-upload.ts";
import { type DownloadAnswer, openArtifactForJob } from "#service/artifacts/download-artifacts.ts";
import { mayUpload, uploadArtifact } from "#service/artifacts/upload-artifacts.ts";
import type { UploadAnswer, UploadRequest } from "#service/artifacts/upload-request.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { artifactResponse } from "../artifact-response.ts";

const querySchema = z.object({
  artifact_type: z._default(z.string().check(z.regex(/^[a-z][a-z0-9_]{0,62}$/)), "archive"),
  artifact_format: z._default(z.enum(["zip", "gzip", "raw"]), "zip"),
  expire_in: z.optional(z.string()),
  filesize: z.optional(z.coerce.number().check(z.nonnegative())),
  filename: z.optional(z.string()),
  uploaded: z.optional(z.literal("true")),
});

/** The artifacts of GitLab Runner's API v4: up from the job that made them, down to the jobs after it. */
export function artifactRoutes(service: ServiceDeps): Hono {
  const app = new Hono();

  app.post("/api/v4/jobs/:id{[0-9]+}/artifacts/authorize", async (context) => {
    const request = readRequest(context);
    if (request === undefined) return badRequest("artifact_type or artifact_format is wrong");
    const opened = await openUpload(service, request, request.sizeBytes);
    return opened.answer === "direct"
      ? Response.json({ upload: opened.upload })
      : uploadAnswered(opened, 200);
  });

  app.post("/api/v4/jobs/:id{[0-9]+}/artifacts", async (context) => {
    const request = readRequest(context);
    if (request === undefined) return badRequest("artifact_type or artifact_format is wrong");
    if (request.uploaded) {
      return uploadAnswered(await confirmUpload(service, request, request.filename), 201);
    }
    const length = Number(context.req.header("content-length") ?? 0);
    const declared = Math.max(length - maxFormBytes, request.sizeBytes);
    const allowed = await mayUpload(service, request, declared);
    if (allowed.answer !== "accepted") return uploadAnswered(allowed, 201);
    // Only GitLab's own runners send forms; ours writes to where the bytes are kept.
    const { receiveFile } = await import("./receive-file.ts");
    const answer = await receiveFile(context.req.raw, "file", (file) =>
      uploadArtifact(service, request, { ...file, ...(length > 0 && { sizeBytes: length }) }),
    );
    return answer === "malformed"
      ? badRequest("the body must be a whole multipart form with a `file`")
      : uploadAnswered(answer, 201);
  });

  app.get("/api/v4/jobs/:id{[0-9]+}/artifacts", async (context) => {
    const token = context.req.header("job-token") ?? "";
    const answer = await openArtifactForJob(service, Number(context.req.param("id")), token);
    return downloadAnswered(answer);
  });

  return app;
}

/** What a multipart form adds to its file, at most. */
const maxFormBytes = 4_096;

type ReadRequest = UploadRequest & {
  readonly sizeBytes: number;
  readonly filename: string;
  /** The file lies already where the service said that it may. */
  readonly uploaded: boolean;
};

function readRequest(context: Context): ReadRequest | undefined {
  const query = z.safeParse(querySchema, context.req.query());
  if (!query.success) return undefined;
  const { artifact_type, artifact_format, expire_in, filesize = 0, filename = "" } = query.data;
  return {
    jobId: Number(context.req.param("id")),
    token: context.req.header("job-token") ?? "",
    type: artifact_type,
    format: artifact_format,
    sizeBytes: filesize,
    filename,
    uploaded: query.data.uploaded !== undefined,
    ...(expire_in === undefined || expire_in === "" ? {} : { expireIn: expire_in }),
  };
}

function uploadAnswered(answer: UploadAnswer, accepted: 200 | 201): Response {
  switch (answer.answer) {
    case "accepted":
      return Response.json({}, { status: accepted });
    case "too_large":
      return Response.json(
        {
          message: `413 Too large: at most ${answer.limitBytes} bytes; all files of a job together have at most \`max_artifacts_size\``,
        },
        { status: 413 },
      );
    case "busy":
      return Response.json(
        { message: "503 Another upload of this file is under way. Send it again later." },
        { status: 503, headers: { "retry-after": "10" } },
      );
    case "invalid":
      return badRequest(answer.message);
    case "unknown":
      return Response.json({ message: "404 Job Not Found" }, { status: 404 });
    case "forbidden":
      return Response.json({ message: "403 Forbidden" }, { status: 403 });
  }
}

function downloadAnswered(answer: DownloadAnswer): Response {
  switch (answer.answer) {
    case "found":
      return artifactResponse(answer);
    case "absent":
      return Response.json(
        { message: "404 There are no such artifacts (any more)" },
        { status: 404 },
      );
    case "forbidden":
      return Response.json({ message: "403 Forbidden" }, { status: 403 });
  }
}

function badRequest(message: string): Response {
  return Response.json({ message: `400 Bad request: ${message}` }, { status: 400 });
}
