import { connect, type NetConnectOpts, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** How a connection is left: the way a program ends it, a machine that vanishes, or not at all. */
type Ending = "end" | "reset" | "after-answer";

type Rudeness = {
  readonly name: string;
  readonly bytes: (path: string, head: string) => string | Buffer;
  readonly ending: Ending;
};

/** What careless and hostile programs send to a door, one connection each. `path` is one that the door serves, `head` its host and more. */
export const rudenesses: readonly Rudeness[] = [
  { name: "nothing, then gone", bytes: () => "", ending: "end" },
  { name: "nothing, then reset", bytes: () => "", ending: "reset" },
  { name: "half a request line", bytes: (path) => `GET ${path}`, ending: "end" },
  { name: "half a head, reset", bytes: (path) => `GET ${path} HTTP/1.1\r\nHo`, ending: "reset" },
  {
    name: "half a body, reset",
    bytes: (path, head) => `POST ${path} HTTP/1.1\r\n${head}Content-Length: 1000\r\n\r\nabc`,
    ending: "reset",
  },
  {
    name: "half a body, then gone",
    bytes: (path, head) => `PUT ${path} HTTP/1.1\r\n${head}Content-Length: 1000\r\n\r\nabc`,
    ending: "end",
  },
  {
    name: "half a chunk, reset",
    bytes: (path, head) =>
      `PATCH ${path} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nff\r\nab`,
    ending: "reset",
  },
  {
    name: "a chunk of no size",
    bytes: (path, head) =>
      `POST ${path} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n`,
    ending: "after-answer",
  },
  {
    name: "two lengths",
    bytes: (path, head) =>
      `POST ${path} HTTP/1.1\r\n${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ending: "after-answer",
  },
  {
    name: "a terabyte announced",
    bytes: (path, head) =>
      `POST ${path} HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 1099511627776\r\n\r\n${"x".repeat(60_000)}`,
    ending: "reset",
  },
  {
    name: "an oversized header",
    bytes: (path, head) => `GET ${path} HTTP/1.1\r\n${head}X-Long: ${"x".repeat(40_000)}\r\n\r\n`,
    ending: "after-answer",
  },
  {
    name: "an oversized address",
    bytes: (path, head) => `GET ${path}?${"x".repeat(40_000)} HTTP/1.1\r\n${head}\r\n`,
    ending: "after-answer",
  },
  {
    name: "no HTTP",
    bytes: () => Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
    ending: "end",
  },
  {
    name: "a whole request, reset before the answer",
    bytes: (path, head) => `GET ${path} HTTP/1.1\r\n${head}\r\n`,
    ending: "reset",
  },
  {
    name: "twenty requests at once, reset",
    bytes: (path, head) => `GET ${path} HTTP/1.1\r\n${head}\r\n`.repeat(20),
    ending: "reset",
  },
  {
    name: "a body held back until asked, reset",
    bytes: (path, head) =>
      `POST ${path} HTTP/1.1\r\n${head}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n`,
    ending: "reset",
  },
  {
    name: "another protocol asked for",
    bytes: (path, head) =>
      `GET ${path} HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello`,
    ending: "after-answer",
  },
  {
    name: "a tunnel asked for",
    bytes: () => "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
    ending: "after-answer",
  },
  {
    name: "an address that is none",
    bytes: (_, head) => `GET http://[::1 HTTP/1.1\r\n${head}\r\n`,
    ending: "after-answer",
  },
  {
    name: "a broken escape in the address",
    bytes: (path, head) => `GET ${path}/%ff%c0%80%zz HTTP/1.1\r\n${head}\r\n`,
    ending: "after-answer",
  },
  {
    name: "no host",
    bytes: (path) => `GET ${path} HTTP/1.1\r\n\r\n`,
    ending: "after-answer",
  },
];

const answerMilliseconds = 2_000;

/**
 * Connects and is rude, `count` times over all kinds and paths, `atOnce` of them side by side. Resolves when every
 * connection is gone on this side. A connection that is refused or reset is as good as an answer.
 */
export async function beRude(options: {
  readonly to: NetConnectOpts;
  readonly paths: readonly [string, ...string[]];
  readonly count: number;
  readonly atOnce?: number;
  /** Further lines of each head, with their ends. */
  readonly headers?: string;
}): Promise<void> {
  const { to, paths, count, atOnce = 20, headers = "" } = options;
  const head = `Host: 127.0.0.1\r\n${headers}`;
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const turn = next++;
      const rudeness = rudenesses[turn % rudenesses.length];
      const path = paths[Math.floor(turn / rudenesses.length) % paths.length] ?? paths[0];
      if (rudeness !== undefined) await once(to, rudeness.bytes(path, head), rudeness.ending, turn);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function once(
  to: NetConnectOpts,
  bytes: string | Buffer,
  ending: Ending,
  turn: number,
): Promise<void> {
  const socket = connect(to);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined);
  socket.resume();
  await Promise.race([new Promise((resolve) => socket.once("connect", resolve)), closed]);
  socket.write(bytes);
  // Sometimes before the server has read it, sometimes after.
  if (turn % 3 !== 0) await sleep(turn % 7);
  leave(socket, ending);
  await closed;
}

function leave(socket: Socket, ending: Ending): void {
  switch (ending) {
    case "end":
      socket.destroy();
      return;
    case "reset":
      // A local socket knows no reset: its other end sees what was not read when it closes.
      if (socket.remotePort === undefined) socket.destroy();
      else socket.resetAndDestroy();
      return;
    case "after-answer":
      socket.setTimeout(answerMilliseconds, () => socket.destroy());
      socket.once("data", () => socket.destroy());
      return;
  }
}
