import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { door } from "#local/up/door.ts";

let server: Server;
beforeAll(async () => {
  const listener = door({ handle: async () => false }, (_req, res) => res.end("app"), [
    "slipway.localhost",
  ]);
  server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.close();
});

async function ask(method: string, path: string, host: string): Promise<number | undefined> {
  const { port } = server.address() as AddressInfo;
  const asked = request({ port, host: "127.0.0.1", method, path, headers: { host } });
  asked.end();
  const [response] = await once(asked, "response");
  response.resume();
  return response.statusCode;
}

test.each([
  ["POST", "/webhooks/gitlab/group/app", "ci.example.com", 200],
  ["POST", "/webhooks/gitlab/group%2Fapp?x=1", "ci.example.com", 200],
  ["GET", "/webhooks/gitlab/group/app", "ci.example.com", 421],
  ["POST", "/webhooks/../api/slipway/pipelines", "evil.example", 421],
  ["POST", "/webhooks/%2e%2e/api/slipway/pipelines", "evil.example", 421],
  ["POST", "/webhooks/.%2E/api/slipway/pipelines", "evil.example", 421],
  ["POST", "/webhooks\\..\\api/slipway/pipelines", "evil.example", 421],
  ["POST", "/x/../webhooks/../api", "evil.example", 421],
  ["POST", "//webhooks/gitlab/a", "evil.example", 421],
  ["POST", "/webhooks//api", "evil.example", 421],
  ["POST", "http://evil.example/webhooks/gitlab/a", "evil.example", 421],
  ["POST", "/webhooks/app.git/git-receive-pack", "evil.example", 421],
  ["POST", "/webhooksx", "evil.example", 421],
  ["GET", "/", "evil.example", 421],
  ["GET", "/", "evil.example:4480", 421],
  ["GET", "/", "slipway.localhost:4480", 200],
  ["GET", "/", "127.0.0.1:4480", 200],
  ["GET", "/", "[::1]:4480", 200],
  ["GET", "/", "127.0.0.1.evil.example", 421],
  ["GET", "/", "slipway.localhost@evil.example", 421],
])("%s %s for the host %s is answered %i", async (method, path, host, status) => {
  expect(await ask(method, path, host)).toBe(status);
});
