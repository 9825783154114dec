import { EventEmitter, once } from "node:events";
import { type Server as HttpServer, request } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createFrontServer } from "#local/registry/front-server.ts";

async function listenOn(server: Server | HttpServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("a client that leaves while the registry is awaited leaves no connection to it behind", async () => {
  const open = new Set<Socket>();
  let connections = 0;
  const registry = createServer((socket) => {
    connections++;
    open.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => open.delete(socket));
    socket.resume();
  });
  const registryPort = await listenOn(registry);
  const registryStarts = new EventEmitter();
  const front = createFrontServer({
    registryPort: async () => {
      const started = once(registryStarts, "started");
      registryStarts.emit("awaited");
      await started;
      return registryPort;
    },
    serviceUrl: async () => "http://127.0.0.1:1",
    identity: () => ({ instance: "x", registry: "down", listening: [] }),
    holdMilliseconds: 60_000,
  });
  const left = once(front, "connection").then(([socket]) => once(socket, "close"));
  const client = request({ port: await listenOn(front), host: "127.0.0.1", path: "/v2/" });
  client.on("error", () => undefined);
  const awaited = once(registryStarts, "awaited");
  client.end();
  await awaited;
  client.destroy();
  await left;
  registryStarts.emit("started");
  await expect.poll(() => connections).toBe(1);
  await expect.poll(() => open.size).toBe(0);
});

test("however many ask for tokens, the service has few connections of them, and none once they have left", async () => {
  const open = new Set<Socket>();
  const most: number[] = [];
  // It never answers.
  const service = createServer((socket) => {
    open.add(socket);
    most.push(open.size);
    socket.on("error", () => undefined);
    socket.once("close", () => open.delete(socket));
    socket.resume();
  });
  const servicePort = await listenOn(service);
  const front = createFrontServer({
    registryPort: async () => undefined,
    serviceUrl: async () => `http://127.0.0.1:${servicePort}`,
    identity: () => ({ instance: "x", registry: "down", listening: [] }),
    holdMilliseconds: 60_000,
  });
  const port = await listenOn(front);
  const clients = Array.from({ length: 200 }, () => {
    const client = connect(port, "127.0.0.1");
    client.on("error", () => undefined);
    client.write("GET /jwt/auth?service=x HTTP/1.1\r\nHost: x\r\n\r\n");
    return client;
  });
  await expect.poll(() => open.size).toBeGreaterThan(20);
  for (const client of clients) client.resetAndDestroy();
  await expect.poll(() => open.size).toBe(0);
  expect(Math.max(...most)).toBeLessThanOrEqual(40);
});
