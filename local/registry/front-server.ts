import { type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectionBounds, createBoundedServer } from "#http/bounded-server.ts";
import { identityPath, type RegistryFrontIdentity } from "./front-options.ts";

export const tokenPath = "/jwt/auth";

export type FrontServerOptions = {
  /** Port of the registry once it can be reached; undefined when it cannot within the time. */
  readonly registryPort: (milliseconds: number) => Promise<number | undefined>;
  /** Base URL of the service as it is now. */
  readonly serviceUrl: () => Promise<string>;
  readonly identity: () => RegistryFrontIdentity;
  /** How long requests wait for a registry or a service that starts again. */
  readonly holdMilliseconds: number;
  readonly bounds?: ConnectionBounds;
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

const largestTokenBytes = 1024 * 1024;

/**
 * Passes everything to the registry and token requests to the service. Both may be away for a moment:
 * requests wait for them, so that a push in flight does not notice.
 */
export function createFrontServer(options: FrontServerOptions): Server {
  return createBoundedServer((req, res) => {
    const path = (req.url ?? "").split("?", 1)[0];
    if (path === identityPath) {
      sendJson(res, 200, options.identity());
    } else if (path === tokenPath) {
      answerToken(options, req, res).catch(() => res.destroy());
    } else {
      passOn(options, req, res).catch(() => res.destroy());
    }
  }, options.bounds);
}

async function passOn(
  options: FrontServerOptions,
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
  options: FrontServerOptions,
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

async function answerToken(
  options: FrontServerOptions,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  // OAuth 2.0 token requests are not served; clients then ask by GET.
  if (req.method !== "GET") return sendJson(res, 405, { details: "ask by GET" });
  req.resume();
  const until = Date.now() + options.holdMilliseconds;
  for (let pause = 50; !res.destroyed && Date.now() < until; pause = Math.min(pause * 2, 500)) {
    const answer = await askService(await options.serviceUrl(), req, until - Date.now());
    if (answer === undefined) {
      await sleep(pause);
      continue;
    }
    res.writeHead(answer.status, { "content-type": answer.contentType }).end(answer.body);
    return;
  }
  if (!res.destroyed) sendAway(res, "the service that gives out tokens does not answer");
}

/** Undefined when the service is not there, or not there yet. */
async function askService(serviceUrl: string, req: IncomingMessage, milliseconds: number) {
  const { authorization } = req.headers;
  try {
    const response = await fetch(new URL(req.url ?? tokenPath, serviceUrl), {
      headers: authorization === undefined ? {} : { authorization },
      redirect: "manual",
      signal: AbortSignal.timeout(Math.max(1, milliseconds)),
    });
    const body = Buffer.from(await response.arrayBuffer());
    if (response.status >= 502 || body.byteLength > largestTokenBytes) return undefined;
    const contentType = response.headers.get("content-type") ?? "application/json";
    return { status: response.status, contentType, body };
  } catch {
    return undefined;
  }
}

function withoutHopByHop(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => {
    const name = rawHeaders[index - (index % 2)] ?? "";
    return !hopByHop.has(name.toLowerCase());
  });
}

/** In the shape of the registry's own errors. */
function sendAway(res: ServerResponse, message: string): void {
  sendJson(res, 503, { errors: [{ code: "UNAVAILABLE", message }] });
}

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
