import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { pipeline } from "node:stream/promises";

/** A loopback port that leads to a socket of this process, for programs that are told an address. */
export async function portToSocket(
  path: string,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = createServer((client) => {
    const onward = connect(path);
    for (const way of [pipeline(client, onward), pipeline(onward, client)]) {
      way.catch(() => client.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { port, close: () => server.close() };
}
