import { createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";

export async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A request by the socket of an endpoint. */
export function call(
  socketPath: string,
  method: string,
  path: string,
  body?: string | AsyncIterable<Buffer>,
  headers: Record<string, string> = {},
) {
  return new Promise<{ status: number; body: string; headers: IncomingMessage["headers"] }>(
    (resolve, reject) => {
      const outgoing = request({ socketPath, method, path, headers, agent: false });
      outgoing.on("error", reject);
      outgoing.on("response", async (answer) =>
        resolve({
          status: answer.statusCode ?? 0,
          body: await text(answer),
          headers: answer.headers,
        }),
      );
      outgoing.end(body);
    },
  );
}

export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** Records each request and answers 201 with what it saw. */
export function recorder(
  seen: { url: string; body: string; headers: IncomingMessage["headers"] }[],
) {
  return createServer(async (incoming, outgoing) => {
    seen.push({
      url: `${incoming.method} ${incoming.url}`,
      body: await text(incoming),
      headers: incoming.headers,
    });
    outgoing.writeHead(201, { "Content-Type": "application/json" });
    outgoing.end(JSON.stringify({ Id: "x" }));
  });
}
