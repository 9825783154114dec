import { type Context, Hono } from "hono";
import { type CacheWrite, openCacheWrite, readCache } from "#service/artifacts/cache.ts";
import type { Host, Installation, Ports } from "#service/deps.ts";
import { fileResponse } from "../file-response.ts";

const longestKey = 1_000;
const nothing = new Uint8Array();

/** Slipway's own store of caches, for jobs by their token: `GET` and `PUT` of one archive for each key. */
export function cacheRoutes(
  service: Pick<Ports, "store" | "blobs"> &
    Pick<Installation, "settings"> &
    Pick<Host, "now" | "hash">,
): Hono {
  const app = new Hono();

  app.get("/api/slipway/cache", async (context) => {
    const answer = await readCache(service, tokenOf(context), keyOf(context));
    switch (answer.answer) {
      case "found":
        return fileResponse(answer.file, {
          filename: "cache.zip",
          contentType: "application/octet-stream",
        });
      case "absent":
        return context.json({ message: "404 There is no cache under this key" }, 404);
      case "forbidden":
        return context.json({ message: "403 Forbidden" }, 403);
    }
  });

  app.post("/api/slipway/cache/authorize", async (context) => {
    const write = await openWrite(service, context);
    if (write instanceof Response) return write;
    const sizeBytes = Number(context.req.query("filesize") ?? Number.NaN);
    if (!(sizeBytes >= 0)) return context.json({ message: "400 filesize is missing" }, 400);
    if (sizeBytes > write.limitBytes) return tooLarge(write);
    const upload = await write.direct(sizeBytes);
    return context.json(upload === undefined ? {} : { upload });
  });

  app.put("/api/slipway/cache", async (context) => {
    const write = await openWrite(service, context);
    if (write instanceof Response) return write;
    const declared = Number(context.req.header("content-length") ?? 0);
    const stored =
      declared > write.limitBytes ? "too_large" : await write.store(bodyOf(context.req.raw));
    return stored === "stored" ? context.json({}, 201) : tooLarge(write);
  });

  return app;
}

async function openWrite(
  service: Pick<Ports, "store" | "blobs"> &
    Pick<Installation, "settings"> &
    Pick<Host, "now" | "hash">,
  context: Context,
): Promise<CacheWrite | Response> {
  const key = keyOf(context);
  if (key === "" || key.length > longestKey) {
    return context.json({ message: `400 A key has 1 to ${longestKey} characters` }, 400);
  }
  const write = await openCacheWrite(service, tokenOf(context), key);
  return write ?? context.json({ message: "403 Forbidden" }, 403);
}

function tooLarge(write: CacheWrite): Response {
  return Response.json(
    { message: `413 Too large: at most ${write.limitBytes} bytes` },
    { status: 413 },
  );
}

function keyOf(context: Context): string {
  return context.req.query("key") ?? "";
}

function tokenOf(context: Context): string {
  return context.req.header("job-token") ?? "";
}

async function* bodyOf(request: Request): AsyncGenerator<Uint8Array> {
  if (request.body === null) yield nothing;
  else yield* request.body;
}
