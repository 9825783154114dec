import { type IncomingMessage, request } from "node:http";

export interface EngineResponse {
  readonly status: number;
  readonly text: string;
}

/** One request to a Docker Engine over its Unix socket; rejects when nothing answers there in time. */
export function askEngine(
  socketPath: string,
  method: "GET" | "POST" | "DELETE",
  path: string,
  options: { readonly timeLimit?: number } = {},
): Promise<EngineResponse> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath,
        method,
        path,
        host: "docker",
      },
      (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    call.setTimeout(options.timeLimit ?? 5_000, () =>
      call.destroy(new Error(`${socketPath} did not answer in time`)),
    );
    call.on("error", reject);
    call.end();
  });
}

/**
 * Whether an engine answers at this socket. Waits some seconds, because systemd may start the engine only
 * when somebody calls; where nothing listens, the answer is immediate.
 */
export async function engineAnswers(socketPath: string): Promise<boolean> {
  try {
    return (await askEngine(socketPath, "GET", "/_ping", { timeLimit: 10_000 })).status === 200;
  } catch {
    return false;
  }
}
