import { once } from "node:events";
import { type RequestListener, request, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { createBoundedServer, usualBounds } from "#http/bounded-server.ts";

const bounds = {
  ...usualBounds,
  headMilliseconds: 300,
  idleMilliseconds: 400,
  checkMilliseconds: 50,
};

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener, perPeer = 100): Promise<number> {
  server = createBoundedServer(listener, { ...bounds, perPeer });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function open(
  port: number,
  bytes: string,
): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.resume();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  socket.write(bytes);
  return { socket, closed };
}

const answer: RequestListener = async (req, res) => {
  await text(req).catch(() => undefined);
  res.end("answer");
};

describe("a connection that is held open for nothing is ended", () => {
  test.each([
    ["that says nothing", ""],
    ["with half a head", "GET / HTTP/1.1\r\nHo"],
    ["with half a body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"],
    [
      "with half a chunk",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\na",
    ],
    ["with half a second request", "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT"],
  ])("%s", async (_, bytes) => {
    const { closed } = await open(await serve(answer), bytes);
    await closed;
  });

  test("whose answer nobody reads", async () => {
    const port = await serve((_req, res) => res.end(Buffer.alloc(64 * 1024 * 1024)));
    const { socket } = await open(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    socket.pause();
    await expect
      .poll(
        () => new Promise((resolve) => server?.getConnections((_error, count) => resolve(count))),
      )
      .toBe(0);
    socket.destroy();
  });
});

describe("what takes long is not cut off", () => {
  test("a request that is held without a byte, many times as long as silence may last", async () => {
    const port = await serve(async (req, res) => {
      await text(req);
      await sleep(1_500);
      res.end("late");
    });
    const response = await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: "x" });
    expect(await response.text()).toBe("late");
  });

  test("an answer with pauses that the service makes", async () => {
    const port = await serve(async (_req, res) => {
      for (const part of ["a", "b", "c"]) {
        res.write(part);
        await sleep(600);
      }
      res.end();
    });
    const response = await fetch(`http://127.0.0.1:${port}`);
    expect(await response.text()).toBe("abc");
  });

  test("an upload that goes on slowly", async () => {
    const port = await serve(async (req, res) => {
      res.end(await text(req));
    });
    const upload = request({ port, host: "127.0.0.1", method: "PUT" });
    const received = once(upload, "response");
    for (let part = 0; part < 10; part++) {
      upload.write("x");
      await sleep(150);
    }
    upload.end();
    const [response] = await received;
    expect(await text(response)).toBe("x".repeat(10));
  });
});

test("every request that was sent at once hears once that its client has gone", async () => {
  const told: string[] = [];
  const port = await serve((req, res) => {
    req.resume();
    res.on("close", () => told.push(`${req.url} ${res.destroyed}`));
    // The response behind it gets the connection then.
    if (req.url === "/1") res.end();
  });
  const requests = ["/1", "/2", "/3", "/4"].map(
    (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
  );
  const { socket } = await open(port, requests.join(""));
  await expect.poll(() => told).toEqual(["/1 true"]);
  socket.resetAndDestroy();
  await expect.poll(() => told.length).toBeGreaterThanOrEqual(4);
  await sleep(50);
  expect(told.toSorted()).toEqual(["/1 true", "/2 true", "/3 true", "/4 true"]);
});

test("a connection that asks for more at once than it may is ended, and the rest is not worked for", async () => {
  let asked = 0;
  let left = 0;
  const port = await serve((_req, res) => {
    asked++;
    res.on("close", () => left++);
  });
  const { closed } = await open(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000));
  await closed;
  expect(asked).toBe(usualBounds.requestsAtOnce);
  await expect.poll(() => left).toBe(usualBounds.requestsAtOnce);
});

test("an address has so many connections and no more, and may come again when some are gone", async () => {
  const port = await serve(answer, 5);
  const held = await Promise.all(Array.from({ length: 5 }, () => open(port, "GET / HTTP/1.1\r\n")));
  await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  for (const { socket } of held) socket.destroy();
  await expect
    .poll(() => fetch(`http://127.0.0.1:${port}`).then((response) => response.status, String))
    .toBe(200);
});
