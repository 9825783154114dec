import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readConfig } from "#local/data-directory.ts";
import { CliError, exitCodes } from "./failure.ts";

export type Client = {
  readonly get: <T>(path: string) => Promise<T>;
  readonly post: <T>(path: string, body?: unknown) => Promise<T>;
  /** The response itself, for logs. */
  readonly fetch: (path: string) => Promise<Response>;
  /** As `fetch`, for what may take long. */
  readonly download: (path: string) => Promise<Response>;
};

const timeoutMilliseconds = 30_000;

/** Talks to the service whose data directory this is, with the token that it keeps there. */
export async function connect(directory: string): Promise<Client> {
  const config = await readConfig(directory);
  if (config === undefined) {
    throw new CliError(
      `There is no service in ${directory}. Start one with \`slipway up\`, or name another directory with --data.`,
      exitCodes.absent,
    );
  }
  const token = await readFile(join(directory, "access-token"), "utf8").catch((cause: unknown) => {
    throw new CliError(
      `The access token in ${directory} cannot be read: ${String(cause)}`,
      exitCodes.absent,
    );
  });
  const request = async (
    path: string,
    init: RequestInit = { signal: AbortSignal.timeout(timeoutMilliseconds) },
  ): Promise<Response> => {
    const url = `http://127.0.0.1:${config.port}${path}`;
    const response = await fetch(url, {
      ...init,
      headers: { authorization: `Bearer ${token.trim()}`, "content-type": "application/json" },
    }).catch((cause: unknown) => {
      throw new CliError(
        `The service does not answer on port ${config.port}. Start it with \`slipway up --data ${directory}\`.`,
        exitCodes.absent,
        { cause },
      );
    });
    if (!response.ok) throw await refusal(response);
    return response;
  };
  return {
    get: async (path) => (await request(path)).json() as never,
    post: async (path, body) =>
      (
        await request(path, {
          method: "POST",
          body: JSON.stringify(body ?? {}),
          signal: AbortSignal.timeout(timeoutMilliseconds),
        })
      ).json() as never,
    fetch: (path) => request(path),
    download: (path) => request(path, {}),
  };
}

async function refusal(response: Response): Promise<CliError> {
  const body: unknown = await response.json().catch(() => undefined);
  const message =
    typeof body === "object" && body !== null && "error" in body
      ? String(body.error)
      : response.statusText;
  return new CliError(message, response.status === 404 ? exitCodes.absent : exitCodes.failed);
}
