import { type FileHandle, open, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";
import { MachineProblem } from "../machine-problem.ts";

/** Bytes of a socket's path that every Unix keeps (104 with the closing NUL on BSD, 108 on Linux: unix(7)). */
const mostPathBytes = 103;

/** The path of a socket is longer than this system can have; the message says what to do. */
export class SocketPathTooLong extends MachineProblem {
  override readonly name = "SocketPathTooLong";
}

export type SocketPlace = {
  /** What to listen on and to connect to, in this process. */
  readonly path: string;
  readonly close: () => Promise<void>;
};

/**
 * Where a socket of this name lies in a directory. A path that is too long for a socket goes by the number of the
 * opened directory, since systems cut longer ones off without a word, and sockets would then lie elsewhere.
 */
export async function socketPlace(directory: string, name: string): Promise<SocketPlace> {
  const path = join(directory, name);
  if (Buffer.byteLength(path) <= mostPathBytes) return { path, close: async () => undefined };
  if (process.platform !== "linux") {
    throw new SocketPathTooLong(
      `${directory} is too long for the path of a socket, which takes ${mostPathBytes} bytes: choose a shorter directory with --data.`,
    );
  }
  const opened: FileHandle = await open(directory, "r");
  return { path: `/proc/self/fd/${opened.fd}/${name}`, close: () => opened.close() };
}

/** Listens there, in place of a process that was killed and left its socket behind. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
