import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import { type CacheWrite, openCacheWrite, readCache } from "#service/artifacts/cache.ts";
import type { Host, Installation, Ports } from "#service/deps.ts";
import { described } from "#service/view/schema/parts.ts";
import { fileResponse } from "../file-response.ts";
import { operate, type Refusal } from "../operation/operate.ts";
import { noBody, operation } from "../operation/operation.ts";
import { whole } from "../operation/parameters.ts";
import { bodyOf } from "../read-body.ts";

const longestKey = 1_000;
const nothing = new Uint8Array();
const path = "/api/slipway/cache";
const keyError = { error: `must have 1 to ${longestKey} characters` };
const key = described(
  z.string(keyError).check(z.minLength(1, keyError), z.maxLength(longestKey, keyError)),
  "The cache's key.",
);

const readCacheOperation = operation({
  id: "readCache",
  method: "GET",
  path,
  summary: "The cache under a key, as the job may see it",
  caller: "job_token",
  parameters: z.object({ key }),
  body: noBody,
  answers: [
    {
      status: 200,
      what: "The archive; where S3 keeps it, 302 with its address, which is good for minutes.",
      file: ["application/octet-stream"],
    },
  ],
  errors: ["no_cache", "forbidden"],
});

const authorizeCache = operation({
  id: "authorizeCache",
  method: "POST",
  path: `${path}/authorize`,
  summary: "Where a cache of this size may go without passing through the service",
  caller: "job_token",
  parameters: z.object({
    key,
    filesize: described(whole(0, Number.MAX_SAFE_INTEGER), "Bytes of the archive."),
  }),
  body: noBody,
  answers: [{ status: 200, what: "The way.", json: "Upload" }],
  errors: ["forbidden", "too_large"],
});

const writeCache = operation({
  id: "writeCache",
  method: "PUT",
  path,
  summary:
    "Replace the cache under a key by the archive in the body; of several writers the last one wins",
  caller: "job_token",
  parameters: z.object({ key }),
  body: noBody,
  answers: [{ status: 201, what: "It is kept.", json: "Nothing" }],
  errors: ["forbidden", "too_large"],
});

export const cacheOperations = [readCacheOperation, authorizeCache, writeCache];

/** Slipway's own store of caches, for jobs by their token: one archive for each key. */
export function cacheRoutes(
  service: Pick<Ports, "store" | "blobs"> &
    Pick<Installation, "settings"> &
    Pick<Host, "now" | "hash" | "randomToken">,
): Hono {
  const app = new Hono();

  operate(app, readCacheOperation, async ({ parameters }, context) => {
    const answer = await readCache(service, tokenOf(context), parameters.key);
    switch (answer.answer) {
      case "found":
        return fileResponse(answer.file, {
          filename: "cache.zip",
          contentType: "application/octet-stream",
        });
      case "absent":
        return { refused: "no_cache", message: "There is no cache under this key." };
      case "forbidden":
        return forbidden;
    }
  });

  operate(app, authorizeCache, async ({ parameters }, context) => {
    const write = await openCacheWrite(service, tokenOf(context), parameters.key);
    if (write === undefined) return forbidden;
    if (parameters.filesize > write.limitBytes) return tooLarge(write);
    const upload = await write.direct(parameters.filesize);
    if (upload === "full") return full;
    return { body: upload === undefined ? {} : { upload } };
  });

  operate(app, writeCache, async ({ parameters }, context) => {
    const write = await openCacheWrite(service, tokenOf(context), parameters.key);
    if (write === undefined) return forbidden;
    const declared = context.req.header("content-length");
    const sizeBytes = declared === undefined ? undefined : Number(declared);
    if ((sizeBytes ?? 0) > write.limitBytes) return tooLarge(write);
    switch (await write.store(archiveOf(context.req.raw), sizeBytes)) {
      case "stored":
        return { body: {} };
      case "too_large":
        return tooLarge(write);
      case "full":
        return full;
    }
  });

  return app;
}

const forbidden = {
  refused: "forbidden",
  message: "This job token may not use the cache under this key.",
} as const;

const full = {
  refused: "too_large",
  message:
    "Other uploads have all the room of the project's caches (`max_project_caches_size`) for now.",
} as const;

function tooLarge(write: CacheWrite): Refusal<"too_large"> {
  return { refused: "too_large", message: `A cache has at most ${write.limitBytes} bytes.` };
}

function tokenOf(context: Context): string {
  return context.req.header("job-token") ?? "";
}

async function* archiveOf(request: Request): AsyncGenerator<Uint8Array> {
  if (request.body === null) yield nothing;
  else yield* bodyOf(request);
}
