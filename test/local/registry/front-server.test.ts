import { EventEmitter, once } from "node:events";
import { type Server as HttpServer, request } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
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
