import { Hono } from "hono";
import * as z from "zod/mini";
import { verifyRunner } from "#service/access/verify-runner.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { appendTrace } from "#service/runner-api/append-trace.ts";
import { requestJob } from "#service/runner-api/request-job.ts";
import { updateJob } from "#service/runner-api/update-job.ts";
import { readBody } from "../read-body.ts";

const maxJsonBytes = 1_000_000;
const maxTraceChunkBytes = 6_000_000;
/** Seconds between two pieces of log. */
const traceIntervalSeconds = 1;

const runnerSchema = z.object({ token: z.optional(z.string()) });
const requestSchema = z.object({
  token: z.optional(z.string()),
  running_jobs: z.optional(z.array(z.int())),
});
const updateSchema = z.object({
  token: z.optional(z.string()),
  state: z.enum(["running", "success", "failed"]),
  failure_reason: z.optional(z.nullable(z.string())),
  failure_message: z.optional(z.string()),
  exit_code: z.optional(z.nullable(z.int())),
  output: z.optional(z.object({ checksum: z.optional(z.string()), bytesize: z.optional(z.int()) })),
});

/** GitLab Runner's API v4, as far as a runner needs it to take and finish jobs. */
export function runnerRoutes(service: ServiceDeps): Hono {
  const app = new Hono();

  app.post("/api/v4/runners/verify", async (context) => {
    const body = await readJson(context.req.raw, runnerSchema);
    const token = context.req.header("runner-token") ?? body?.token ?? "";
    const runner = await verifyRunner(service, token);
    return runner === "refused"
      ? context.json({ message: "403 Forbidden" }, 403)
      : context.json({ id: 1, token, token_expires_at: runner.expiresAt });
  });

  app.get("/api/v4/runners/router/discovery", (context) =>
    context.json({ message: "501 Not Implemented" }, 501),
  );

  app.post("/api/v4/jobs/request", async (context) => {
    const body = await readJson(context.req.raw, requestSchema);
    const token = context.req.header("runner-token") ?? body?.token ?? "";
    const answer = await requestJob(service, token, body?.running_jobs);
    switch (answer.answer) {
      case "job":
        return context.json(answer.job, 201);
      case "none":
        return context.body(null, 204);
      case "gone":
        return context.json({ message: "410 Gone: no more jobs for this environment" }, 410);
      case "refused":
        return context.json({ message: "403 Forbidden" }, 403);
    }
  });

  app.patch("/api/v4/jobs/:id{[0-9]+}/trace", async (context) => {
    const range = /^(\d+)-(\d+)?/.exec(context.req.header("content-range") ?? "");
    const bytes = await readBody(context.req.raw, maxTraceChunkBytes);
    if (range === null) return context.json({ message: "400 Content-Range is missing" }, 400);
    if (bytes === "too_large")
      return context.json({ message: "413 Send the log in smaller pieces" }, 413);
    const answer = await appendTrace(service, {
      jobId: Number(context.req.param("id")),
      token: context.req.header("job-token") ?? "",
      start: Number(range[1]),
      bytes,
    });
    if (!("length" in answer)) return denied(answer.answer);
    context.header("Range", `0-${answer.length}`);
    context.header("Job-Status", answer.status);
    context.header("X-GitLab-Trace-Update-Interval", String(traceIntervalSeconds));
    return context.body(null, answer.answer === "accepted" ? 202 : 416);
  });

  app.put("/api/v4/jobs/:id{[0-9]+}", async (context) => {
    const body = await readJson(context.req.raw, updateSchema);
    if (body === undefined) return context.json({ message: "400 Bad request" }, 400);
    const bytesize = body.output?.bytesize;
    const answer = await updateJob(
      service,
      Number(context.req.param("id")),
      context.req.header("job-token") ?? body.token ?? "",
      {
        state: body.state,
        ...(body.failure_reason == null ? {} : { failure_reason: body.failure_reason }),
        ...(body.failure_message === undefined ? {} : { failure_message: body.failure_message }),
        ...(body.exit_code == null ? {} : { exit_code: body.exit_code }),
        ...(bytesize === undefined
          ? {}
          : { output: { checksum: body.output?.checksum ?? "", bytesize } }),
      },
    );
    if (!("status" in answer)) return denied(answer.answer);
    context.header("Job-Status", answer.status);
    context.header("X-GitLab-Trace-Update-Interval", String(traceIntervalSeconds));
    return answer.answer === "done" ? context.json(true, 200) : context.body(null, 412);
  });

  return app;
}

function denied(answer: "unknown" | "forbidden"): Response {
  return answer === "unknown"
    ? Response.json({ message: "404 Job Not Found" }, { status: 404 })
    : Response.json({ message: "403 Forbidden" }, { status: 403 });
}

async function readJson<Schema extends z.core.$ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.core.output<Schema> | undefined> {
  const bytes = await readBody(request, maxJsonBytes);
  if (bytes === "too_large") return undefined;
  try {
    const parsed = z.safeParse(schema, JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
