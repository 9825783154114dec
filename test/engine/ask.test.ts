import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { askEngine } from "#engine/ask.ts";
import { engineClient } from "#engine/client.ts";
import { engineMessage, isUnreachable, statusOf } from "#engine/error.ts";

async function engine(answer: RequestListener) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const { port } = server.address() as AddressInfo;
  return { host: "127.0.0.1", port };
}

test("an engine's answer is its status and text, whatever the status", async () => {
  const at = await engine((request, response) => {
    response.writeHead(request.method === "DELETE" ? 404 : 200).end(`${request.url} é`);
  });
  expect(await askEngine(at, "GET", "/info")).toEqual({ status: 200, text: "/info é" });
  expect((await askEngine(at, "DELETE", "/images/x")).status).toBe(404);
});

test("an engine that is silent is given up", async () => {
  const at = await engine(() => undefined);
  await expect(askEngine(at, "GET", "/_ping", { timeLimit: 20 })).rejects.toThrow(
    `127.0.0.1:${at.port} did not answer in time`,
  );
});

test("where nothing listens, that is said at once", async () => {
  const error = await askEngine({ socketPath: "/nonexistent/docker.sock" }, "GET", "/_ping").catch(
    (cause: unknown) => cause,
  );
  expect([isUnreachable(error), statusOf(error)]).toEqual([true, undefined]);
});

test("a refused call says its status and the engine's own words", async () => {
  const at = await engine((_request, response) => {
    const body = JSON.stringify({ message: "No such container: a-b - c" });
    response.writeHead(404, { "content-type": "application/json" }).end(body);
  });
  const docker = engineClient(`tcp://${at.host}:${at.port}`);
  const error = await docker
    .getContainer("x")
    .inspect()
    .catch((cause: unknown) => cause);
  expect(statusOf(error)).toBe(404);
  expect(isUnreachable(error)).toBe(false);
  expect(engineMessage(error)).toBe("No such container: a-b - c");
});

test.for([
  [new Error("connect ENOENT /var/run/docker.sock"), "connect ENOENT /var/run/docker.sock"],
  [new Error("(HTTP code 500) server error - no space left on device "), "no space left on device"],
  ["just a text", "just a text"],
  [undefined, "undefined"],
] as const)("%s says %j", ([error, said]) => {
  expect(engineMessage(error)).toBe(said);
});
