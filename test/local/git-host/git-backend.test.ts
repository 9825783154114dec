import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import { expect, test } from "vitest";
import { feedBackend } from "#local/git-host/git-backend.ts";

test("git ends when the client left before git was started, and while it was fed", async () => {
  const received = new Map<string, IncomingMessage>();
  const server = createServer((req) => received.set(req.url ?? "", req));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const ends: unknown[] = [];
  for (const when of ["before", "after"]) {
    const client = request({ port, path: `/${when}`, method: "POST" });
    client.on("error", () => undefined);
    client.write("half of it");
    await expect.poll(() => received.has(`/${when}`)).toBe(true);
    const req = received.get(`/${when}`);
    if (req === undefined) throw new Error("The request did not come.");
    const leave = async () => {
      const closed = once(req, "close").catch(() => undefined);
      client.destroy();
      await closed;
    };
    if (when === "before") await leave();
    const child = spawn("cat", [], { stdio: ["pipe", "pipe", "pipe"] });
    child.stdout.resume();
    const ended = once(child, "exit");
    feedBackend(child, req);
    if (when === "after") await leave();
    ends.push(await ended);
  }
  expect(ends).toEqual([
    [0, null],
    [0, null],
  ]);
  server.closeAllConnections();
  server.close();
});
