import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";
import type { EngineAddress } from "#engine/address.ts";
import type { RegistryLogin } from "../registry/login.ts";
import { rawError } from "./api-error.ts";
import { credentialsMethod, translateCredentials } from "./session-credentials.ts";

/** Whether an upgrade opens BuildKit's session, in which the engine asks the client for files and logins. */
export function isSession(incoming: IncomingMessage): boolean {
  const path = /^(?:\/v\d+\.\d+)?\/session(?:\?|$)/;
  return incoming.headers.upgrade?.toLowerCase() === "h2c" && path.test(incoming.url ?? "");
}

/**
 * Carries BuildKit's session call by call instead of byte by byte, so that the client's answers about
 * logins can be translated. In it the engine is the one that calls (gRPC over HTTP/2).
 */
export function bridgeSession(
  engine: EngineAddress,
  incoming: IncomingMessage,
  client: Duplex,
  head: Buffer,
  registry: RegistryLogin,
): void {
  const upstream = request({
    ...engine.request,
    method: incoming.method,
    path: incoming.url,
    headers: incoming.rawHeaders,
    agent: false,
  });
  client.on("error", () => upstream.destroy());
  upstream.on("error", (error) => {
    client.end(rawError(`The Docker Engine does not answer: ${error.message}`));
  });
  upstream.on("response", (answer) => {
    client.write(responseHead(answer));
    answer.pipe(client);
  });
  upstream.on("upgrade", (answer, socket, first) => {
    client.write(responseHead(answer));
    if (head.length > 0) client.unshift(head);
    if (first.length > 0) socket.unshift(first);
    carry(socket, client, registry);
  });
  upstream.end();
}

/** Larger than one round trip needs: the build's context goes through here. */
const WINDOW_BYTES = 4 * 1024 * 1024;

function carry(engineSide: Duplex, client: Duplex, registry: RegistryLogin): void {
  const settings = { initialWindowSize: WINDOW_BYTES, enablePush: false };
  const toClient = connect("http://session", { createConnection: () => client, settings });
  const server = createServer({ settings: { initialWindowSize: WINDOW_BYTES } });
  const end = () => {
    toClient.destroy();
    engineSide.destroy();
    client.destroy();
  };
  for (const side of [engineSide, client, toClient]) {
    side.on("error", end);
    side.on("close", end);
  }
  // Sockets of a server stay half open, and HTTP/2 does not look at the other half.
  for (const side of [engineSide, client]) {
    side.on("end", end);
  }
  toClient.on("connect", () => toClient.setLocalWindowSize(WINDOW_BYTES));
  server.on("session", (session) => {
    session.setLocalWindowSize(WINDOW_BYTES);
    session.on("error", end);
    session.on("close", end);
  });
  server.on("stream", (stream, _headers, _flags, raw) =>
    carryCall(stream, headersOf(raw), toClient, registry),
  );
  server.emit("connection", engineSide);
}

function carryCall(
  call: ServerHttp2Stream,
  headers: OutgoingHttpHeaders,
  toClient: ClientHttp2Session,
  registry: RegistryLogin,
): void {
  if (toClient.destroyed) {
    call.close(constants.NGHTTP2_REFUSED_STREAM);
    return;
  }
  const answer = toClient.request(headers);
  const about = headers[":path"] === credentialsMethod ? collect(call) : undefined;
  let trailers: OutgoingHttpHeaders = {};
  call.pipe(answer);
  answer.on("response", (_headers, flags, raw) => {
    const ended = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (call.destroyed) return;
    call.respond(headersOf(raw), ended ? { endStream: true } : { waitForTrailers: true });
    if (ended) return;
    if (about === undefined) {
      answer.pipe(call);
      return;
    }
    const chunks = collect(answer);
    answer.on("end", async () => {
      const bytes = Buffer.concat(chunks);
      const login = await translateCredentials(Buffer.concat(about), bytes, registry).catch(
        () => bytes,
      );
      if (!call.destroyed) call.end(login);
    });
  });
  answer.on("trailers", (_trailers, _flags, raw) => {
    trailers = headersOf(raw);
  });
  call.on("wantTrailers", () => call.sendTrailers(trailers));
  answer.on("close", () => {
    if (answer.rstCode !== constants.NGHTTP2_NO_ERROR && !call.closed) call.close(answer.rstCode);
  });
  call.on("close", () => {
    if (!answer.closed) answer.close(call.rstCode);
  });
  // What is wrong with a call is said to the other side by the code it is closed with.
  answer.on("error", () => undefined);
  call.on("error", () => undefined);
}

/** Each value of a repeated header for itself: BuildKit lists paths in them, and a path may hold commas. */
function headersOf(raw: readonly string[]): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = raw[index + 1] ?? "";
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

function collect(stream: Duplex): Buffer[] {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return chunks;
}

function responseHead(answer: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
    lines.push(`${answer.rawHeaders[index]}: ${answer.rawHeaders[index + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
