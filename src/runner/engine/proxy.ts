import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { EngineAddress } from "#engine/address.ts";
import type { RegistryLogin } from "../registry/login.ts";
import { answerError, rawError } from "./api-error.ts";
import { createdKind, type VolumeRequest, withLabels } from "./ownership.ts";
import { isLogin, translateBody, translateHeaders } from "./registry-headers.ts";

/** A container's definition is a few kilobytes; compose files with inlined configs a few hundred. */
const MAX_DEFINITION_BYTES = 16 * 1024 * 1024;

/** Headers that speak of one connection, which node:http sets itself for each side. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-connection", "expect"]);

/** What changes on the way to the engine. */
export type ProxyChanges = {
  /** For what a request creates. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** Translates logins at the registry. */
  readonly registry: RegistryLogin | undefined;
};

/** Passes one request on to the engine and its answer back, as streams, with the changes made. */
export async function forwardRequest(
  engine: EngineAddress,
  { labels, registry }: ProxyChanges,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const method = incoming.method ?? "GET";
  const url = incoming.url ?? "/";
  const kind = labels ? createdKind(method, url) : undefined;
  if (labels && kind) {
    const body = await readBody(incoming);
    if (body === undefined) {
      answerError(outgoing, 413, "The definition sent to the engine is too large.");
      return;
    }
    const labelled = withLabels(body, labels, kind);
    for (const volume of labelled.volumes) {
      await createVolume(engine, volume);
    }
    const headers = endToEnd(incoming.rawHeaders, ["content-length", "transfer-encoding"]);
    headers.push("Content-Length", String(labelled.body.length));
    relay(engine, incoming, outgoing, headers).end(labelled.body);
    return;
  }
  if (registry && isLogin(method, url)) {
    const body = await readBody(incoming);
    if (body === undefined) {
      answerError(outgoing, 413, "The login sent to the engine is too large.");
      return;
    }
    const login = await translateBody(body, registry);
    const headers = endToEnd(incoming.rawHeaders, ["content-length", "transfer-encoding"]);
    headers.push("Content-Length", String(login.length));
    relay(engine, incoming, outgoing, headers).end(login);
    return;
  }
  const rawHeaders = registry
    ? await translateHeaders(incoming.rawHeaders, url, registry)
    : incoming.rawHeaders;
  const headers = endToEnd(rawHeaders, []);
  const hasBody =
    incoming.headers["transfer-encoding"] !== undefined ||
    Number(incoming.headers["content-length"] ?? 0) > 0;
  if (!hasBody) {
    // The engine refuses "start" with a chunked body, which node:http would make of an absent one.
    if (method !== "GET" && method !== "HEAD" && !incoming.headers["content-length"]) {
      headers.push("Content-Length", "0");
    }
    relay(engine, incoming, outgoing, headers).end();
    return;
  }
  const upstream = relay(engine, incoming, outgoing, headers);
  upstream.flushHeaders();
  incoming.on("error", () => upstream.destroy());
  incoming.pipe(upstream);
}

function relay(
  engine: EngineAddress,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  headers: string[],
) {
  const upstream = request({
    ...engine.request,
    method: incoming.method,
    path: incoming.url,
    headers,
    agent: false,
  });
  upstream.on("response", (answer) => {
    const status = answer.statusCode ?? 502;
    outgoing.writeHead(status, answer.statusMessage, endToEnd(answer.rawHeaders, []));
    // An event stream or a "wait" sends its head long before its first byte, and clients wait for it.
    outgoing.flushHeaders();
    pipeline(answer, outgoing).catch(() => outgoing.destroy());
  });
  upstream.on("error", (error) => {
    if (outgoing.headersSent || outgoing.destroyed) {
      outgoing.destroy();
    } else {
      answerError(outgoing, 503, `The Docker Engine does not answer: ${error.message}`);
    }
  });
  outgoing.on("close", () => upstream.destroy());
  return upstream;
}

/** Carries an upgraded connection (attach, exec, BuildKit's session and h2c) byte by byte. */
export function tunnelUpgrade(
  engine: EngineAddress,
  incoming: IncomingMessage,
  client: Duplex,
  head: Buffer,
): void {
  const upstream = connect({ ...engine.connect, allowHalfOpen: true });
  upstream.setNoDelay(true);
  upstream.on("connect", () => {
    upstream.write(requestHead(incoming));
    // Up to Node 24 a request's own body is in `head`; later versions hand it over in `incoming`.
    incoming.on("data", (chunk) => upstream.write(chunk));
    incoming.on("end", () => {
      upstream.write(head);
      client.pipe(upstream);
    });
    upstream.pipe(client);
  });
  upstream.on("error", (error) => {
    if (upstream.bytesRead === 0 && client.writable) {
      client.end(rawError(`The Docker Engine does not answer: ${error.message}`));
    } else {
      client.destroy();
    }
  });
  upstream.on("close", () => client.end());
  client.on("error", () => upstream.destroy());
  client.on("close", () => upstream.destroy());
}

/** Creates a named volume ahead of its container; one that exists already keeps its labels. */
function createVolume(engine: EngineAddress, volume: VolumeRequest): Promise<void> {
  const body = Buffer.from(JSON.stringify(volume));
  return new Promise((resolve) => {
    const upstream = request({
      ...engine.request,
      method: "POST",
      path: "/volumes/create",
      headers: { "Content-Type": "application/json", "Content-Length": body.length },
      agent: false,
    });
    // What is wrong with it, the engine says about the container itself.
    upstream.on("error", () => resolve());
    upstream.on("response", (answer) => answer.resume().on("close", () => resolve()));
    upstream.end(body);
  });
}

async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > MAX_DEFINITION_BYTES) {
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function endToEnd(rawHeaders: readonly string[], without: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !without.includes(lower)) {
      kept.push(name, rawHeaders[index + 1] ?? "");
    }
  }
  return kept;
}

function requestHead(incoming: IncomingMessage): string {
  const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    lines.push(`${incoming.rawHeaders[index]}: ${incoming.rawHeaders[index + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
