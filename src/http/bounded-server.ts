import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";

/** How much a door bears with one who connects and then is slow, silent or many. */
export type ConnectionBounds = {
  /** From the connection, or the request before, until the head of a request is there. */
  readonly headMilliseconds: number;
  /** Without a byte of a body that is awaited, or of an answer that is being sent. */
  readonly idleMilliseconds: number;
  /** Between two requests. */
  readonly keepAliveMilliseconds: number;
  /** Connections that one address may have at a time. */
  readonly perPeer: number;
  /** Requests of one connection that may wait for their answers. */
  readonly requestsAtOnce: number;
  /** How often heads that are late are looked for. */
  readonly checkMilliseconds: number;
};

export const usualBounds: ConnectionBounds = {
  headMilliseconds: 30_000,
  idleMilliseconds: 300_000,
  keepAliveMilliseconds: 75_000,
  perPeer: 500,
  requestsAtOnce: 20,
  checkMilliseconds: 5_000,
};

/** A layer or a push may take long: what is cut is silence, not length. With 0, Node bounds heads no more either. */
const longestRequestMilliseconds = 24 * 3600 * 1000;

type Exchange = { readonly req: IncomingMessage; readonly res: ServerResponse };

/**
 * A server that nobody can hold open for nothing: a head, a body or a reader that stops is cut off, and each address has
 * a number of connections. A request that has come whole may be held without a byte for as long as its answer takes.
 */
export function createBoundedServer(
  listener: RequestListener,
  bounds: ConnectionBounds = usualBounds,
): Server {
  const open = new WeakMap<Socket, Set<Exchange>>();
  const server = createServer(
    {
      headersTimeout: bounds.headMilliseconds,
      requestTimeout: longestRequestMilliseconds,
      keepAliveTimeout: bounds.keepAliveMilliseconds,
      connectionsCheckingInterval: bounds.checkMilliseconds,
    },
    (req, res) => {
      const exchange = { req, res };
      const exchanges = open.get(req.socket) ?? exchangesOn(req.socket);
      open.set(req.socket, exchanges.add(exchange));
      res.once("close", () => exchanges.delete(exchange));
      // A connection that breaks is the end of an answer, and of nothing else.
      req.on("error", () => undefined);
      res.on("error", () => undefined);
      // Node hands on at once all requests that lie in a connection, which may be thousands.
      if (exchanges.size > bounds.requestsAtOnce) req.socket.destroy();
      else listener(req, res);
    },
  );
  server.timeout = bounds.idleMilliseconds;
  server.on("timeout", (socket: Socket) => {
    const exchanges = [...(open.get(socket) ?? [])];
    const isHeld = exchanges.length > 0 && exchanges.every(({ req }) => req.complete);
    if (isHeld && socket.writableLength === 0) socket.setTimeout(bounds.idleMilliseconds);
    else socket.destroy();
  });
  boundPeers(server, bounds.perPeer);
  return server;
}

/**
 * No exchange yet; all that come are told when the connection closes. Of several requests that a client sends at once,
 * Node tells only the response that is being written (`onServerResponseClose` in lib/_http_server.js of Node 20), and
 * the work for those behind it would never end.
 */
function exchangesOn(socket: Socket): Set<Exchange> {
  const exchanges = new Set<Exchange>();
  const tellOthers = () => {
    for (const { res } of exchanges) {
      res.destroy();
      res.emit("close");
    }
  };
  // Node's own listener tells first, so that nobody hears it twice.
  socket.once("close", () => setImmediate(tellOthers));
  return exchanges;
}

function boundPeers(server: Server, perPeer: number): void {
  const counts = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const peer = socket.remoteAddress ?? "";
    const count = (counts.get(peer) ?? 0) + 1;
    if (count > perPeer) {
      socket.destroy();
      return;
    }
    counts.set(peer, count);
    socket.once("close", () => {
      const left = (counts.get(peer) ?? 1) - 1;
      if (left > 0) counts.set(peer, left);
      else counts.delete(peer);
    });
  });
}
