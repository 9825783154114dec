import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { request as secureRequest } from "node:https";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type EngineEndpointOptions, openEngineEndpoint } from "#runner/engine/endpoint.ts";

import { call, freePort, recorder, text } from "./endpoint-calls.ts";

let directory: string;
let closers: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "slipway-endpoint-"));
});

afterEach(async () => {
  for (const close of closers.reverse()) {
    await close();
  }
  closers = [];
  await rm(directory, { recursive: true, force: true });
});

/** An engine that answers as told by the test. */
async function engine(server: Server): Promise<string> {
  const path = join(directory, "engine.sock");
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
  });
  await new Promise<void>((done) => server.listen(path, done));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `unix://${path}`;
}

async function open(dockerHost: string, more: Partial<EngineEndpointOptions> = {}) {
  const endpoint = await openEngineEndpoint({
    dockerHost,
    environmentId: "env-1",
    jobId: 7,
    directory: join(directory, "job"),
    plain: false,
    label: true,
    ...more,
  });
  closers.push(endpoint.close);
  return endpoint;
}

describe("the engine endpoint of a job", () => {
  const owner = { "dev.slipway.environment": "env-1", "dev.slipway.job": "7" };

  test.for([
    { path: "/v1.41/containers/create?name=a", body: { Image: "busybox", Labels: { a: "b" } } },
    { path: "/containers/create", body: { Image: "busybox", Labels: null } },
    { path: "/v1.43/networks/create", body: { Name: "net" } },
    { path: "/v1.43/volumes/create", body: { Name: "vol" } },
  ])("adds the owner's labels to POST $path", async ({ path, body }) => {
    const seen: Parameters<typeof recorder>[0] = [];
    const { socketPath } = await open(await engine(recorder(seen)));
    const answer = await call(socketPath, "POST", path, JSON.stringify(body));
    expect(answer).toMatchObject({ status: 201, body: '{"Id":"x"}' });
    expect(seen[0]?.url).toBe(`POST ${path}`);
    expect(JSON.parse(seen[0]?.body ?? "")).toEqual({
      ...body,
      Labels: { ...("Labels" in body ? body.Labels : {}), ...owner },
    });
  });

  test("creates the named volumes of a container ahead of it, with the owner's labels", async () => {
    const seen: Parameters<typeof recorder>[0] = [];
    const { socketPath } = await open(await engine(recorder(seen)));
    const host = {
      Binds: ["cache:/cache:ro", "/etc/hosts:/x", "/anonymous"],
      Mounts: [
        { Type: "volume", Source: "data", Target: "/data" },
        { Type: "bind", Source: "/tmp", Target: "/tmp" },
        { Type: "volume", Target: "/nameless" },
      ],
    };
    await call(
      socketPath,
      "POST",
      "/v1.41/containers/create",
      JSON.stringify({ HostConfig: host }),
    );
    expect(seen.map(({ url }) => url)).toEqual([
      "POST /volumes/create",
      "POST /volumes/create",
      "POST /v1.41/containers/create",
    ]);
    expect(seen.slice(0, 2).map(({ body }) => JSON.parse(body))).toEqual([
      { Name: "cache", Labels: owner },
      { Name: "data", Labels: owner },
    ]);
  });

  test("leaves bodies alone when labels are not wanted, and when a body is no JSON", async () => {
    const seen: Parameters<typeof recorder>[0] = [];
    const host = await engine(recorder(seen));
    const unlabelled = await open(host, { label: false, directory: join(directory, "a") });
    await call(unlabelled.socketPath, "POST", "/containers/create", '{"Image":"a"}');
    const labelled = await open(host, { directory: join(directory, "b") });
    await call(labelled.socketPath, "POST", "/containers/create", "{broken");
    expect(seen.map(({ body }) => body)).toEqual(['{"Image":"a"}', "{broken"]);
  });

  test("streams a chunked build context untouched", async () => {
    const seen: Parameters<typeof recorder>[0] = [];
    const { socketPath } = await open(await engine(recorder(seen)));
    const outgoing = request({ socketPath, method: "POST", path: "/build?t=x", agent: false });
    const answered = new Promise((resolve) => outgoing.on("response", (a) => resolve(text(a))));
    for (let index = 0; index < 100; index += 1) {
      outgoing.write(Buffer.alloc(64 * 1024, index));
    }
    outgoing.end();
    await answered;
    expect(seen[0]?.headers["transfer-encoding"]).toBe("chunked");
    expect(seen[0]?.body.length).toBeGreaterThanOrEqual(6_553_600);
  });

  test("sends no chunked body where the client sent none", async () => {
    const seen: Parameters<typeof recorder>[0] = [];
    const { socketPath } = await open(await engine(recorder(seen)));
    const socket = connect(socketPath);
    socket.write("POST /containers/x/start HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n");
    await text(socket);
    expect(seen[0]?.headers).toMatchObject({ "content-length": "0" });
    expect(seen[0]?.headers["transfer-encoding"]).toBeUndefined();
  });

  test("hands on the head of an event stream before its first event", async () => {
    const { socketPath } = await open(
      await engine(
        createServer((_, outgoing) => {
          outgoing.writeHead(200, { "X-Seen": "yes" });
          outgoing.flushHeaders();
        }),
      ),
    );
    const headers = await new Promise((resolve) => {
      const outgoing = request({ socketPath, path: "/events", agent: false });
      outgoing.on("error", () => {});
      outgoing.on("response", (answer) => resolve(answer.headers));
      outgoing.end();
    });
    expect(headers).toMatchObject({ "x-seen": "yes" });
  });

  test("ends the engine's request when the client leaves", async () => {
    const left = deferred();
    const { socketPath } = await open(
      await engine(
        createServer((_, outgoing) => {
          outgoing.on("close", () => left.resolve(true));
          outgoing.writeHead(200);
          outgoing.write("first");
        }),
      ),
    );
    const socket = connect(socketPath);
    socket.write("GET /events HTTP/1.1\r\nHost: d\r\n\r\n");
    socket.once("data", () => socket.destroy());
    expect(await left.promise).toBe(true);
  });

  test("carries an upgraded connection both ways, with a body before it and a half close after", async () => {
    const server = createServer();
    server.on("upgrade", (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
      let received = head.toString();
      incoming.on("data", (chunk) => {
        received = chunk.toString() + received;
      });
      socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
      socket.on("data", (chunk) => {
        received += chunk;
      });
      socket.on("end", () => socket.end(`got ${received}`));
    });
    const { socketPath } = await open(await engine(server));
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    socket.write(
      'POST /v1.41/exec/1/start HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 14\r\n\r\n{"Detach":0  }',
    );
    await new Promise((resolve) => socket.once("data", resolve));
    socket.end("input");
    expect(await text(socket)).toBe('got {"Detach":0  }input');
  });

  test("refuses an upgrade of a call whose body has to be labelled", async () => {
    const { socketPath } = await open(await engine(recorder([])));
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(socketPath);
      socket.write(
        "POST /containers/create HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
      );
      socket.once("data", (chunk) => resolve(chunk.toString()));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("answers as the engine would when the engine is gone", async () => {
    const { socketPath } = await open(`unix://${directory}/nowhere.sock`);
    const answer = await call(socketPath, "GET", "/info");
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body).message).toContain("The Docker Engine does not answer");
    const upgraded = await new Promise<string>((resolve) => {
      const socket = connect(socketPath);
      socket.write(
        "POST /session HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
      );
      socket.once("data", (chunk) => resolve(chunk.toString()));
    });
    expect(upgraded).toMatch(/^HTTP\/1\.1 503 .*does not answer/s);
  });

  test("listens without TLS and with it, the latter only for the client certificate it issued", async () => {
    const ports = { plain: await freePort(), tls: await freePort() };
    const certs = join(directory, "certs");
    await open(await engine(recorder([])), {
      listenAddress: "127.0.0.1",
      allowFrom: "127.0.0.0/8",
      plain: true,
      tls: { certDirectory: certs },
      ports,
    });
    const plain = await fetch(`http://127.0.0.1:${ports.plain}/info`);
    expect(plain.status).toBe(201);
    const [ca, cert, key] = await Promise.all(
      ["ca.pem", "cert.pem", "key.pem"].map((name) => readFile(join(certs, name), "utf8")),
    );
    expect((await stat(join(certs, "key.pem"))).mode & 0o077).toBe(0);
    const secure = (options: object) =>
      new Promise<number>((resolve, reject) => {
        secureRequest(
          { host: "127.0.0.1", port: ports.tls, servername: "docker", agent: false, ...options },
          (answer) => resolve(answer.statusCode ?? 0),
        )
          .on("error", reject)
          .end();
      });
    expect(await secure({ ca, cert, key })).toBe(201);
    await expect(secure({ ca })).rejects.toThrow();
    await expect(secure({ cert, key })).rejects.toThrow(/self-signed|unable to/);
  });

  test("hangs up on peers outside of the job's network", async () => {
    const ports = { plain: await freePort(), tls: await freePort() };
    await open(await engine(recorder([])), {
      listenAddress: "127.0.0.1",
      allowFrom: "10.9.8.0/24",
      plain: true,
      ports,
    });
    await expect(fetch(`http://127.0.0.1:${ports.plain}/info`)).rejects.toThrow("fetch failed");
  });

  test("removes its socket and hangs up on everybody at its end", async () => {
    const endpoint = await open(
      await engine(
        createServer((_, outgoing) => {
          outgoing.writeHead(200);
          outgoing.write("open");
        }),
      ),
    );
    const socket = connect(endpoint.socketPath);
    socket.on("error", () => {});
    socket.write("GET /events HTTP/1.1\r\nHost: d\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await endpoint.close();
    await closed;
    await expect(stat(endpoint.socketPath)).rejects.toThrow("ENOENT");
  });

  test("says so when the path of its socket is too long", async () => {
    await expect(
      open("unix:///var/run/docker.sock", { directory: join(directory, "d".repeat(120)) }),
    ).rejects.toThrow(/longer than the 107 bytes/);
  });
});

function deferred() {
  let resolve: (value: unknown) => void = () => {};
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
