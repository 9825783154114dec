import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

export type ApiAddress = {
  /** Where this machine and its containers reach the deployed HTTP API. */
  readonly url: string;
  /** The API's own host name, by which the emulator tells APIs apart. */
  readonly pointAt: (host: string) => void;
  readonly stop: () => Promise<void>;
};

/** The emulator serves APIs by host name; environments have no names for them, so one address stands before it. */
export async function openApiAddress(emulator: string, address: string): Promise<ApiAddress> {
  const { hostname, port } = new URL(emulator);
  let host = "";
  const server = createServer((incoming, answer) => {
    const { method, url: path, headers } = incoming;
    const passed = request(
      { hostname, port, method, path, headers: { ...headers, host } },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    passed.on("error", () => answer.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((done) => server.listen(0, address, done));
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://${address}:${own}`,
    pointAt: (name) => {
      host = name;
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
