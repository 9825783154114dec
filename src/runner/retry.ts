import { defined } from "#language/defined.ts";
/** The service did not answer as it should for as long as the runner is willing to wait. */
export class ServiceUnreachableError extends Error {
  override readonly name = "ServiceUnreachableError";
}

export type RetryOptions = {
  /** Milliseconds after which the last failure is thrown. */
  readonly patienceMilliseconds: number;
  readonly signal?: AbortSignal;
};

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/**
 * Calls until there is an answer that is neither a refused connection, 429 nor 5xx. A service that is
 * killed and comes back costs time, nothing else. Throws the signal's reason once it is aborted.
 */
export async function fetchWithRetry(
  url: string,
  /** A function where a body can be sent only once: it is called for each attempt. */
  init: RequestInit | (() => RequestInit),
  options: RetryOptions,
): Promise<Response> {
  const giveUpAt = performance.now() + options.patienceMilliseconds;
  for (let attempt = 0; ; attempt++) {
    options.signal?.throwIfAborted();
    const outcome = await attemptFetch(
      url,
      typeof init === "function" ? init() : init,
      options.signal,
    );
    if ("response" in outcome && !isPassing(outcome.response.status)) return outcome.response;
    const asked = "response" in outcome ? retryAfter(outcome.response) : undefined;
    if ("response" in outcome) await outcome.response.body?.cancel();
    const backoff = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt);
    const pause = asked ?? backoff / 2 + (Math.random() * backoff) / 2;
    if (performance.now() + pause > giveUpAt) {
      throw new ServiceUnreachableError(describe(url, outcome), { cause: outcome });
    }
    await sleep(pause, options.signal);
  }
}

type Outcome = { readonly response: Response } | { readonly error: unknown };

async function attemptFetch(
  url: string,
  init: RequestInit,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  try {
    return { response: await fetch(url, { ...init, ...defined({ signal }) }) };
  } catch (error) {
    signal?.throwIfAborted();
    return { error };
  }
}

function isPassing(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 120) * 1_000 : undefined;
}

function describe(url: string, outcome: Outcome): string {
  const { origin, pathname } = new URL(url);
  if ("response" in outcome) {
    return `${origin}${pathname} answers ${outcome.response.status}: the service does not work.`;
  }
  const cause = outcome.error instanceof Error ? (outcome.error.cause ?? outcome.error) : undefined;
  const reason = cause instanceof Error ? cause.message : String(outcome.error);
  return `${origin} cannot be reached: ${reason}`;
}

/** Waits; throws the signal's reason as soon as it is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
