import { type Context, Hono } from "hono";
import { openCacheWrite, readCache } from "#service/cache.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { fileResponse } from "../file-response.ts";

const longestKey = 1_000;
const nothing = new Uint8Array();

/** Slipway's own store of caches, for jobs by their token: `GET` and `PUT` of one archive for each key. */
export function cacheRoutes(service: ServiceDeps): Hono {
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

  app.put("/api/slipway/cache", async (context) => {
    const key = keyOf(context);
    if (key === "" || key.length > longestKey) {
      return context.json({ message: `400 A key has 1 to ${longestKey} characters` }, 400);
    }
    const write = await openCacheWrite(service, tokenOf(context), key);
    if (write === undefined) return context.json({ message: "403 Forbidden" }, 403);
    const declared = Number(context.req.header("content-length") ?? 0);
    const stored =
      declared > write.limitBytes ? "too_large" : await write.store(bodyOf(context.req.raw));
    return stored === "stored"
      ? context.json({}, 201)
      : context.json({ message: `413 Too large: at most ${write.limitBytes} bytes` }, 413);
  });

  return app;
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
