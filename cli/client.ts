import { setTimeout as sleep } from "node:timers/promises";
import { CliError, exitCodes } from "./failure.ts";
import type { ServiceOptions } from "./options.ts";
import { printError } from "./print.ts";
import { findService } from "./service-address.ts";

export type Client = {
  readonly get: <T>(path: string) => Promise<T>;
  readonly post: <T>(path: string, body?: unknown) => Promise<T>;
  /** The whole response, for logs. */
  readonly fetch: (path: string) => Promise<Response>;
  /** The response as it comes, for what may take long. */
  readonly download: (path: string) => Promise<Response>;
};

const timeoutMilliseconds = 30_000;
/** So long a patient client waits for a service that is being started anew. */
const patienceMilliseconds = 60_000;
const pauseMilliseconds = 500;

/** Talks to the service that the options name, with the token that lets us in. */
export async function connect(
  options: ServiceOptions,
  manner: { readonly patient?: boolean } = {},
): Promise<Client> {
  const service = await findService(options);
  const request = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(`${service.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${service.token}`, "content-type": "application/json" },
    }).catch((cause: unknown) => {
      throw new NoAnswer(service.away, exitCodes.absent, { cause });
    });
    if (!response.ok) throw await refusal(response);
    return response;
  };
  /** An answer that breaks off is none. */
  const whole = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await request(path, {
      ...init,
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    const bytes = await response.arrayBuffer().catch((cause: unknown) => {
      throw new NoAnswer(service.away, exitCodes.absent, { cause });
    });
    return new Response(bytes, response);
  };
  const read = async (path: string): Promise<Response> => {
    const until = Date.now() + (manner.patient === true ? patienceMilliseconds : 0);
    for (let tries = 0; ; tries++) {
      try {
        return await whole(path);
      } catch (error) {
        if (!(error instanceof NoAnswer) || Date.now() >= until) throw error;
        if (tries === 0) printError("slipway: the service is away; waiting for it");
        await sleep(pauseMilliseconds);
      }
    }
  };
  return {
    get: async <T>(path: string) => (await read(path)).json() as Promise<T>,
    post: async <T>(path: string, body?: unknown) => {
      const answer = await whole(path, { method: "POST", body: JSON.stringify(body ?? {}) });
      return answer.json() as Promise<T>;
    },
    fetch: read,
    download: (path) => request(path, {}),
  };
}

class NoAnswer extends CliError {}

async function refusal(response: Response): Promise<CliError> {
  const body: unknown = await response.json().catch(() => undefined);
  const message =
    typeof body === "object" && body !== null && "error" in body
      ? String(body.error)
      : response.statusText;
  return new CliError(message, response.status === 404 ? exitCodes.absent : exitCodes.failed);
}
