import type { RequestListener, Server } from "node:http";
import { type ConnectionBounds, createBoundedServer } from "#http/bounded-server.ts";
import { MachineProblem } from "../machine-problem.ts";

export class ListenError extends MachineProblem {
  override readonly name = "ListenError";
}

/** Listens, or says who to ask when the port is taken. */
export async function listen(
  listener: RequestListener,
  address: string,
  port: number,
  bounds?: ConnectionBounds,
): Promise<Server> {
  const server = createBoundedServer(listener, bounds);
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

export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
