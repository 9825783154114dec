import { once } from "node:events";
import { Agent, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectionBounds, createBoundedServer } from "#http/bounded-server.ts";
import { identityPath, type RegistryFrontIdentity } from "./front-options.ts";
import { passOn, type RegistryBehind, sendAway, sendJson } from "./pass-on.ts";

export const tokenPath = "/jwt/auth";

/** Requests wait as long for a service that starts again as for a registry. */
export type FrontServerOptions = RegistryBehind & {
  /** Base URL of the service as it is now. */
  readonly serviceUrl: () => Promise<string>;
  readonly identity: () => RegistryFrontIdentity;
  readonly bounds?: ConnectionBounds;
};

const largestTokenBytes = 1024 * 1024;

/**
 * All containers' token requests reach the service from one address: they may not take the connections that other
 * programs of this machine have there, and what is too much waits here.
 */
const toService = new Agent({ keepAlive: true, maxSockets: 32, maxFreeSockets: 4 });

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

async function answerToken(
  options: FrontServerOptions,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  // OAuth 2.0 token requests are not served; clients then ask by GET.
  if (req.method !== "GET") return sendJson(res, 405, { details: "ask by GET" });
  req.resume();
  const until = Date.now() + options.holdMilliseconds;
  const left = new AbortController();
  res.once("close", () => left.abort());
  const signal = AbortSignal.any([left.signal, AbortSignal.timeout(options.holdMilliseconds)]);
  for (let pause = 50; !res.destroyed && Date.now() < until; pause = Math.min(pause * 2, 500)) {
    const answer = await askService(await options.serviceUrl(), req, signal);
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
async function askService(
  serviceUrl: string,
  { url, headers: { authorization } }: IncomingMessage,
  signal: AbortSignal,
) {
  try {
    const asked = request(new URL(url ?? tokenPath, serviceUrl), {
      agent: toService,
      headers: authorization === undefined ? {} : { authorization },
      signal,
    }).end();
    const [answer]: IncomingMessage[] = await once(asked, "response");
    if (answer === undefined) return undefined;
    const body = await buffer(answer);
    const status = answer.statusCode ?? 502;
    if (status >= 502 || body.byteLength > largestTokenBytes) return undefined;
    return { status, contentType: answer.headers["content-type"] ?? "application/json", body };
  } catch {
    return undefined;
  }
}
