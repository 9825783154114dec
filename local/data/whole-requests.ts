import type { IncomingMessage, Server } from "node:http";
import { Readable } from "node:stream";

/**
 * Has the server's listeners see a request only once all of it has come, as one that cannot break off any more:
 * dynalite 4.0.0 throws the error of a request's connection outside of any call (`httpHandler`, `req.on("error")`),
 * which would end the process. What breaks off, or is larger than `mostBytes`, never reaches them.
 */
export function passWholeRequests(server: Server, mostBytes: number): void {
  const listeners = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (req, res) => {
    res.on("error", () => res.destroy());
    readWhole(req, mostBytes).then(
      (body) => {
        if (body === undefined) {
          res.writeHead(413, { connection: "close" }).end();
          return;
        }
        const { method, url, headers } = req;
        const whole = Object.assign(Readable.from([body]), { method, url, headers });
        for (const listener of listeners) listener.call(server, whole, res);
      },
      () => res.destroy(),
    );
  });
}

/** Undefined where there is more than that; rejects where the request breaks off. */
async function readWhole(req: IncomingMessage, mostBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
