import { createServer, type RequestListener, type Server } from "node:http";
import { MachineProblem } from "../machine-problem.ts";

export class ListenError extends MachineProblem {
  override readonly name = "ListenError";
}

/** Listens, or says who to ask when the port is taken. */
export async function listen(
  listener: RequestListener,
  address: string,
  port: number,
): Promise<Server> {
  const server = createServer(listener);
  // Runners and pushes hold requests open for long.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new ListenError(
              `Port ${port} on ${address} is taken. Is Slipway up already? Choose another one with --port.`,
              { cause: error },
            )
          : new ListenError(`Port ${port} on ${address} cannot be opened: ${error.message}`, {
              cause: error,
            }),
      );
    });
    server.listen(port, address, resolve);
  });
  return server;
}

/** Names under which a browser or a client may address this machine; others could be a rebound DNS name. */
export function isOwnHost(host: string | undefined, own: readonly string[]): boolean {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  return ["127.0.0.1", "localhost", "[::1]", ...own].includes(name);
}

export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
