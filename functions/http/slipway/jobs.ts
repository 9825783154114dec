import { Hono } from "hono";
import * as z from "zod/mini";
import { pipelineIdOfJob } from "#pipeline/jobs.ts";
import { controlPipeline } from "#service/advance/control.ts";
import { openArtifact } from "#service/artifacts/download-artifacts.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { readJob } from "#service/read-job.ts";
import { jobView } from "#service/view/job-view.ts";
import { readLog } from "#service/view/read-log.ts";
import { described } from "#service/view/schema/parts.ts";
import { artifactResponse } from "../artifact-response.ts";
import { operate } from "../operation/operate.ts";
import { noBody, operation } from "../operation/operation.ts";
import { idOf, whole } from "../operation/parameters.ts";
import { controlled } from "./controlled.ts";

/** How often a log is asked for where no question can be held. */
const pollSeconds = "2";
const unknownJob = { refused: "unknown_job", message: "There is no such job." } as const;
const parameters = z.object({ id: idOf("job") });

const readJobOperation = operation({
  id: "readJob",
  method: "GET",
  path: "/api/slipway/jobs/:id{[0-9]+}",
  summary: "A job",
  caller: "access_token",
  parameters,
  body: noBody,
  answers: [{ status: 200, what: "The job.", json: "Job" }],
  errors: ["unknown_job"],
});

const cancelJob = operation({
  id: "cancelJob",
  method: "POST",
  path: "/api/slipway/jobs/:id{[0-9]+}/cancel",
  summary: "Cancel a job that is not over",
  caller: "access_token",
  parameters,
  body: noBody,
  answers: [{ status: 200, what: "Its pipeline after that.", json: "Pipeline" }],
  errors: ["unknown_job", "status_conflict", "too_large"],
});

const retryJob = operation({
  id: "retryJob",
  method: "POST",
  path: "/api/slipway/jobs/:id{[0-9]+}/retry",
  summary: "Run a job again that is over",
  caller: "access_token",
  parameters,
  body: noBody,
  answers: [{ status: 200, what: "Its pipeline after that.", json: "Pipeline" }],
  errors: ["unknown_job", "status_conflict", "too_large"],
});

const playJob = operation({
  id: "playJob",
  method: "POST",
  path: "/api/slipway/jobs/:id{[0-9]+}/play",
  summary: "Start a manual job, or a delayed one now",
  caller: "access_token",
  parameters,
  body: z.object({
    variables: z.exactOptional(
      described(
        z.record(z.string(), z.string({ error: "must be text" }), {
          error: "must be an object of texts by name",
        }),
        "Variables for this job, by name.",
      ),
    ),
  }),
  answers: [{ status: 200, what: "Its pipeline after that.", json: "Pipeline" }],
  errors: ["unknown_job", "status_conflict", "too_large"],
});

const readTrace = operation({
  id: "readTrace",
  method: "GET",
  path: "/api/slipway/jobs/:id{[0-9]+}/trace",
  summary: "A part of a job's log",
  caller: "access_token",
  parameters: z.object({
    id: idOf("job"),
    offset: z._default(
      described(whole(0, Number.MAX_SAFE_INTEGER), "Bytes of the log that are left out."),
      0,
    ),
    wait: z._default(
      described(
        whole(0, 10),
        "Seconds for which the answer is held back while there is nothing new; on AWS it is not held back.",
      ),
      0,
    ),
  }),
  body: noBody,
  answers: [
    {
      status: 200,
      what: "At most a megabyte of the log from the offset on, as the job wrote it.",
      file: ["text/plain"],
      headers: {
        "X-Slipway-Length": "Bytes of the whole log so far.",
        "X-Slipway-Job-Status": "Status of the job.",
        "X-Slipway-Complete": "`true` where nothing will follow these bytes.",
        "Retry-After": "Seconds to wait before asking again, where no answer is held back.",
      },
    },
  ],
  errors: ["unknown_job"],
});

const downloadArtifact = operation({
  id: "downloadArtifact",
  method: "GET",
  path: "/api/slipway/jobs/:id{[0-9]+}/artifacts",
  summary: "A file that a job left",
  caller: "access_token",
  parameters: z.object({
    id: idOf("job"),
    file_type: z._default(
      described(z.string(), "`archive`, or a report such as `dotenv` or `junit`."),
      "archive",
    ),
  }),
  body: noBody,
  answers: [
    {
      status: 200,
      what: "The file; where S3 keeps it, 302 with its address, which is good for minutes.",
      file: ["application/zip", "application/gzip", "application/octet-stream"],
    },
  ],
  errors: ["no_artifact"],
});

export const jobOperations = [
  readJobOperation,
  cancelJob,
  retryJob,
  playJob,
  readTrace,
  downloadArtifact,
];

/** Jobs with their logs and artifacts, and what people and programs may do with them. */
export function jobRoutes(service: ServiceDeps): Hono {
  const app = new Hono();
  const control = (id: number, event: Parameters<typeof controlPipeline>[2]) =>
    controlPipeline(service, pipelineIdOfJob(id), event);

  operate(app, readJobOperation, async ({ parameters: { id } }) => {
    const found = await readJob(service, id);
    return found === undefined ? unknownJob : { body: jobView(found.pipeline, found.job) };
  });

  operate(app, cancelJob, async ({ parameters: { id } }) => {
    const event = { type: "cancel", jobIds: [id], by: "access token" } as const;
    return controlled(await control(id, event), "unknown_job");
  });

  operate(app, retryJob, async ({ parameters: { id } }) => {
    const event = { type: "retry", jobIds: [id], by: "access token" } as const;
    return controlled(await control(id, event), "unknown_job");
  });

  operate(app, playJob, async ({ parameters: { id }, body }) => {
    const given = Object.entries(body.variables ?? {});
    const variables = given.map(([key, value]) => ({ key, value }));
    const event = { type: "play", jobIds: [id], by: "access token", variables } as const;
    return controlled(await control(id, event), "unknown_job");
  });

  operate(app, readTrace, async ({ parameters: { id, offset, wait } }, context) => {
    const log = await readLog(service, id, {
      offset,
      waitMilliseconds: Math.min(wait * 1000, service.holdMilliseconds),
    });
    if (log === undefined) return unknownJob;
    if (service.holdMilliseconds === 0) context.header("Retry-After", pollSeconds);
    context.header("X-Slipway-Length", String(log.length));
    context.header("X-Slipway-Job-Status", log.status);
    context.header("X-Slipway-Complete", String(log.complete));
    return context.body(new Uint8Array(log.bytes), 200, {
      "content-type": "text/plain; charset=utf-8",
    });
  });

  operate(app, downloadArtifact, async ({ parameters: { id, file_type } }) => {
    const answer = await openArtifact(service, id, file_type);
    return answer.answer === "found"
      ? artifactResponse(answer)
      : { refused: "no_artifact", message: "There are no such artifacts (any more)." };
  });

  return app;
}
