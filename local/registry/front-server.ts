import type { IncomingMessage, Server, ServerResponse } from "node:http";
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
