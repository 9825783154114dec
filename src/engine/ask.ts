import { request } from "node:http";
import type { EngineAddress } from "./address.ts";

export type EngineAnswer = { readonly status: number; readonly text: string };

/**
 * One request to a Docker Engine where no client library is wanted; `timeLimit` is in milliseconds of silence.
 * Rejects when nothing answers there in time.
 */
export function askEngine(
  engine: EngineAddress["request"],
  method: "GET" | "POST" | "DELETE",
  path: string,
  { timeLimit = 5_000 }: { readonly timeLimit?: number } = {},
): Promise<EngineAnswer> {
  return new Promise((resolve, reject) => {
    // An engine that is started again must not meet a connection of the one before.
    const call = request({ ...engine, method, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    const where = "socketPath" in engine ? engine.socketPath : `${engine.host}:${engine.port}`;
    call.setTimeout(timeLimit, () => call.destroy(new Error(`${where} did not answer in time`)));
    call.on("error", reject);
    call.end();
  });
}
