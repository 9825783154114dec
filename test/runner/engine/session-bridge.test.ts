import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEngineEndpoint } from "#runner/engine/endpoint.ts";

/** A session from the engine's end: it calls, and the client of the job answers. */
type Handler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: string[]) => void;

let directory: string;
let engine: Server;
let sockets: Socket[];
let close: () => Promise<void>;
let engineSide: Promise<ClientHttp2Session>;
let refuse = false;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sw-bridge-"));
  sockets = [];
  refuse = false;
  engine = createServer((_request, response) => response.writeHead(404).end("no session here"));
  engineSide = new Promise((resolve) => {
    engine.on("upgrade", (_request, socket: Socket) => {
      sockets.push(socket);
      if (refuse) {
        socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\nnope");
        return;
      }
      socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
      resolve(connect("http://session", { createConnection: () => socket }));
    });
  });
  const path = join(directory, "engine.sock");
  await new Promise<void>((done) => engine.listen(path, done));
  const endpoint = await openEngineEndpoint({
    dockerHost: `unix://${path}`,
    environmentId: "env",
    jobId: 1,
    directory: join(directory, "job"),
    plain: false,
    label: true,
    registry: {
      host: "registry",
      translate: async (server, login) =>
        server === "registry" ? { username: "AWS", password: "token" } : login,
    },
  });
  close = endpoint.close;
});

afterEach(async () => {
  (await Promise.race([engineSide, undefined]))?.destroy();
  for (const socket of sockets) socket.destroy();
  await close();
  await new Promise((done) => engine.close(done));
  await rm(directory, { recursive: true, force: true });
});

/** Docker's client: asks for the upgrade, then answers calls. */
async function client(handler: Handler): Promise<{ status: number; head: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath: join(directory, "job/docker.sock"),
      method: "POST",
      path: "/v1.41/session",
      headers: { Connection: "Upgrade", Upgrade: "h2c", "X-Docker-Expose-Session-Uuid": "id" },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, head: answer.rawHeaders.join() });
    });
    outgoing.on("upgrade", (answer, socket, first) => {
      sockets.push(socket);
      socket.unshift(first);
      const server = createHttp2Server();
      server.on("stream", (stream, headers, _flags, raw) => {
        stream.on("error", () => undefined);
        handler(stream, headers, raw);
      });
      server.emit("connection", socket);
      resolve({ status: answer.statusCode ?? 0, head: answer.rawHeaders.join() });
    });
    outgoing.end();
  });
}

async function call(path: string, body: Buffer, headers: Record<string, string | string[]> = {}) {
  const stream = (await engineSide).request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  let trailers: readonly string[] = [];
  let status: unknown;
  stream.on("response", (found) => {
    status = found["grpc-status"] ?? found[":status"];
  });
  stream.on("trailers", (_found: unknown, _flags: number, raw: string[]) => {
    trailers = raw;
  });
  stream.on("error", () => undefined);
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.end(body);
  await new Promise((done) => stream.on("close", done));
  return { status, trailers, body: Buffer.concat(chunks), code: stream.rstCode };
}

function message(...texts: string[]): Buffer {
  const fields = texts.map((text, index) =>
    Buffer.concat([Buffer.from([((index + 1) << 3) | 2, text.length]), Buffer.from(text)]),
  );
  const content = Buffer.concat(fields);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

function answerWith(bytes: Buffer): Handler {
  return (stream) => {
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () =>
      stream.sendTrailers({ "grpc-status": "0", more: ["a", "b, c"] }),
    );
    stream.resume();
    stream.on("end", () => stream.end(bytes));
  };
}

describe("BuildKit's session through the endpoint", () => {
  test("carries large bodies both ways, every value of a header, and trailers", async () => {
    const large = Buffer.alloc(9_000_000, "context");
    let raw: string[] = [];
    await client((stream, headers, received) => {
      raw = received;
      answerWith(large)(stream, headers, received);
    });
    const answer = await call("/moby.filesync.v1.FileSync/DiffCopy", large, {
      "include-patterns": ["Dockerfile", "a, b"],
    });
    expect(answer.body.equals(large)).toBe(true);
    expect(answer.status).toBe(200);
    expect(answer.trailers).toEqual(["grpc-status", "0", "more", "a", "more", "b, c"]);
    const patterns = raw.filter((_value, index) => raw[index - 1] === "include-patterns");
    expect(patterns).toEqual(["Dockerfile", "a, b"]);
  });

  test.for([
    ["registry", "AWS", "token"],
    ["elsewhere", "user", "job"],
  ] as const)("answers about %s with the login of %s", async ([host, ...login]) => {
    await client(answerWith(message("user", "job")));
    const answer = await call("/moby.filesync.v1.Auth/Credentials", message(host));
    expect(answer.body).toEqual(message(...login));
    expect(answer.trailers).toContain("grpc-status");
  });

  test("says a failed call as it failed", async () => {
    await client((stream, headers) => {
      if (headers[":path"] === "/reset") stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      else stream.respond({ ":status": 200, "grpc-status": "12" }, { endStream: true });
    });
    expect(await call("/unknown", Buffer.alloc(5))).toMatchObject({ status: "12" });
    const { code } = await call("/reset", Buffer.alloc(5));
    expect(code).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  test("ends for the engine when the client is gone", async () => {
    await client(() => undefined);
    const session = await engineSide;
    const ended = new Promise((done) => session.on("close", done));
    session.on("error", () => undefined);
    sockets.at(-1)?.destroy();
    await ended;
    expect(session.destroyed).toBe(true);
  });

  test("is refused in the engine's own words", async () => {
    refuse = true;
    expect(await client(() => undefined)).toMatchObject({ status: 400 });
  });
});
