import { chmod, mkdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { BlockList, isIPv4, type ListenOptions, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { engineAddress } from "#engine/address.ts";
import { ownerLabels } from "#engine/labels.ts";
import type { RegistryLogin } from "../registry/login.ts";
import { answerError, rawError } from "./api-error.ts";
import { issueCertificates } from "./certificates.ts";
import { createdKind } from "./ownership.ts";
import { forwardRequest, tunnelUpgrade } from "./proxy.ts";
import { bridgeSession, isSession } from "./session-bridge.ts";

export type EngineEndpointOptions = {
  /** The engine behind it: `unix:///PATH` or `tcp://HOST:PORT`. */
  readonly dockerHost: string;
  readonly environmentId: string;
  readonly jobId: number;
  /** Gets the socket `docker.sock`, writable by all: keep it closed to others than the job. */
  readonly directory: string;
  /** An address of this machine at which containers of the job reach it; none: only the socket. */
  readonly listenAddress?: string;
  /** Peers outside of this CIDR are hung up on. */
  readonly allowFrom?: string;
  /** Port 2376, client certificate required; clients find theirs in `certDirectory`. */
  readonly tls?: { readonly certDirectory: string; readonly names?: readonly string[] };
  /** Port 2375 without TLS. */
  readonly plain: boolean;
  /** Whether containers, networks and volumes made through it are labelled as the job's. */
  readonly label: boolean;
  /** Logins that are sent along are translated by it. */
  readonly registry?: RegistryLogin | undefined;
  /** Other ports than Docker's own. */
  readonly ports?: { readonly plain: number; readonly tls: number };
};

export type EngineEndpoint = {
  readonly socketPath: string;
  /** Hangs up on everybody and removes the socket; safe to call twice. */
  readonly close: () => Promise<void>;
};

/** The longest path that a Unix socket can have on Linux. */
const MAX_SOCKET_PATH = 107;

/**
 * Opens the engine's API for one job. Rejects when an address cannot be listened at; nothing is left
 * open then. Requests to an engine that is gone are answered with an error of the engine's own shape.
 */
export async function openEngineEndpoint(options: EngineEndpointOptions): Promise<EngineEndpoint> {
  const socketPath = join(options.directory, "docker.sock");
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH) {
    throw new Error(
      `The path ${socketPath} is longer than the ${MAX_SOCKET_PATH} bytes a Unix socket may have; choose a data directory with a shorter path.`,
    );
  }
  const engine = engineAddress(options.dockerHost);
  const labels = options.label ? ownerLabels(options.environmentId, options.jobId) : undefined;
  const sockets = new Set<Socket>();
  const servers: Server[] = [];

  const open = async (server: Server, where: ListenOptions, allowFrom?: string) => {
    const allowed = allowFrom === undefined ? undefined : subnet(allowFrom);
    server.on("connection", (socket: Socket) => {
      if (allowed && !isAllowed(allowed, socket)) {
        socket.destroy();
        return;
      }
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("close", () => sockets.delete(socket));
    });
    server.on("request", (incoming: IncomingMessage, outgoing: ServerResponse) => {
      forwardRequest(engine, { labels, registry: options.registry }, incoming, outgoing).catch(
        (error: unknown) => {
          if (outgoing.headersSent) {
            outgoing.destroy();
          } else {
            answerError(outgoing, 400, `The request could not be read: ${String(error)}`);
          }
        },
      );
    });
    server.on("upgrade", (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
      if (labels && createdKind(incoming.method ?? "", incoming.url ?? "")) {
        client.end(rawError("This call cannot be upgraded.", "400 Bad Request"));
        return;
      }
      if (options.registry && isSession(incoming)) {
        bridgeSession(engine, incoming, client, head, options.registry);
        return;
      }
      tunnelUpgrade(engine, incoming, client, head);
    });
    // Builds and event streams live as long as the job; clients keep idle connections for later.
    server.requestTimeout = 0;
    server.timeout = 0;
    server.keepAliveTimeout = 0;
    servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(where, () => {
        server.off("error", reject);
        resolve();
      });
    });
  };

  const close = async () => {
    const closed = servers
      .splice(0)
      .map((server) => new Promise<void>((done) => server.close(() => done())));
    for (const socket of sockets) {
      socket.destroy();
    }
    await Promise.all(closed);
    await rm(socketPath, { force: true });
  };

  try {
    await mkdir(options.directory, { recursive: true });
    await rm(socketPath, { force: true });
    await open(createServer(), { path: socketPath });
    await chmod(socketPath, 0o666);
    const host = options.listenAddress;
    if (host && options.plain) {
      await open(createServer(), { host, port: options.ports?.plain ?? 2375 }, options.allowFrom);
    }
    if (host && options.tls) {
      const names = ["docker", "localhost", "127.0.0.1", host, ...(options.tls.names ?? [])];
      const certificate = await issueCertificates(options.tls.certDirectory, [...new Set(names)]);
      const server = createTlsServer({
        ...certificate,
        requestCert: true,
        rejectUnauthorized: true,
        allowHalfOpen: true,
      });
      await open(server, { host, port: options.ports?.tls ?? 2376 }, options.allowFrom);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { socketPath, close };
}

function subnet(cidr: string): BlockList {
  const [network = "", prefix = ""] = cidr.split("/");
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), isIPv4(network) ? "ipv4" : "ipv6");
  return list;
}

function isAllowed(list: BlockList, socket: Socket): boolean {
  const address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  return address !== "" && list.check(address, isIPv4(address) ? "ipv4" : "ipv6");
}
