import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export type RegistryBehind = {
  /** Port of the registry once it can be reached; undefined when it cannot within the time. */
  readonly registryPort: (milliseconds: number) => Promise<number | undefined>;
  /** How long requests wait for a registry that starts again. */
  readonly holdMilliseconds: number;
};

/** Meant for one connection, not for the next one (RFC 9110, section 7.6.1). */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

/**
 * Passes a request to the registry, which may be away for a moment: the request waits for it, so that a push in flight
 * does not notice.
 */
export async function passOn(
  options: RegistryBehind,
  req: IncomingMessage,
  res: ServerResponse,
  until = Date.now() + options.holdMilliseconds,
): Promise<void> {
  const socket = await connectToRegistry(options, until);
  if (socket === undefined) return sendAway(res, "the registry does not start: see its log");
  if (res.destroyed) {
    // The client left while the registry was awaited: its "close" has been, and would end nothing any more.
    socket.destroy();
    return;
  }
  const headers = Object.fromEntries(
    Object.entries(req.headers).filter(([name]) => !hopByHop.has(name)),
  );
  const chunked = req.headers["transfer-encoding"] !== undefined;
  const onward = request({
    createConnection: () => socket,
    method: req.method,
    path: req.url,
    headers: { ...headers, ...(chunked ? { "transfer-encoding": "chunked" } : {}) },
  });
  onward.on("response", (answer) => {
    res.writeHead(answer.statusCode ?? 502, withoutHopByHop(answer.rawHeaders));
    answer.on("error", () => res.destroy());
    answer.pipe(res);
  });
  onward.on("error", () => {
    if (res.headersSent || res.destroyed) res.destroy();
    else if (hasBody(req)) sendAway(res, "the registry broke off");
    // Nothing of it is used up, so the registry that starts next can have it.
    else passOn(options, req, res, until).catch(() => res.destroy());
  });
  res.once("close", () => {
    if (!res.writableFinished) onward.destroy();
  });
  req.on("error", () => onward.destroy());
  req.pipe(onward);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/**
 * A connection of its own for each request: only then is it certain, before any of the body is on its
 * way, that the registry is there.
 */
async function connectToRegistry(
  options: RegistryBehind,
  until: number,
): Promise<Socket | undefined> {
  while (Date.now() < until) {
    const port = await options.registryPort(until - Date.now());
    if (port === undefined) return undefined;
    const socket = connect(port, "127.0.0.1");
    const connected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    if (connected) return socket.setNoDelay(true);
    // It ended a moment ago, and whoever keeps it has not heard yet.
    await sleep(20);
  }
  return undefined;
}

function withoutHopByHop(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => {
    const name = rawHeaders[index - (index % 2)] ?? "";
    return !hopByHop.has(name.toLowerCase());
  });
}

/** In the shape of the registry's own errors. */
export function sendAway(res: ServerResponse, message: string): void {
  sendJson(res, 503, { errors: [{ code: "UNAVAILABLE", message }] });
}

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
