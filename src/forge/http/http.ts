import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod/mini";
import { ForgeError } from "../forge.ts";
import { readBounded } from "./read-bounded.ts";

/** Everything that one connection needs for requests to its forge's API. */
export type ForgeHttpOptions = {
  /** `https://gitlab.example.com/api/v4`: no request leaves this origin and path. */
  readonly apiUrl: string;
  /** Headers that authorize, for each request. */
  readonly authorize: (how?: Freshness) => Promise<Readonly<Record<string, string>>>;
  readonly timeoutMilliseconds?: number;
  /** Shared by all users of one connection, so that none sends requests while the forge asks clients to wait. */
  readonly pause?: ForgePause;
};

/** `fresh` is set after a refusal, because a cached token may have been rotated. */
export type Freshness = { readonly fresh: boolean };

/** The time (epoch milliseconds) before which the forge wants no requests. */
export type ForgePause = { until: number };

export type ForgeRequest = {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH";
  /** Below the API's URL, its parts encoded by `encodePath`; or a whole URL below it, as "next page" links are. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly accept?: string;
  readonly maxBytes?: number;
  /** Statuses besides 2xx that are an answer to the caller and no error. */
  readonly expect?: readonly number[];
};

export type ForgeAnswer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
};

/** Throws `ForgeError` for every answer that the request did not expect. */
export type ForgeHttp = (request: ForgeRequest) => Promise<ForgeAnswer>;

const tries = 4;
const redirects = 3;
/** The longest wait before a request is retried here. Longer waits are left to the caller. */
const maxWaitMilliseconds = 5_000;
const largestAnswer = 16 * 1024 * 1024;
const longestPause = 3600_000;
const userAgent = "slipway";

/** Sends requests to a forge's API, with bounds on time and size. Respects rate limits and accepts no other origin. */
export function forgeHttp(options: ForgeHttpOptions): ForgeHttp {
  const { timeoutMilliseconds = 20_000 } = options;
  const base = new URL(options.apiUrl.replace(/(?<!\/)\/+$/, ""));
  return async (request) => {
    const url = addressOf(base, request);
    const { pause } = options;
    if (pause !== undefined && Date.now() < pause.until)
      throw new ForgeError(
        `${url.origin} asked to be left alone until ${new Date(pause.until).toISOString()}.`,
        { retryable: true, waitMilliseconds: pause.until - Date.now() },
      );
    // This call may send a request to the forge itself.
    let authorization = await options.authorize();
    let isFresh = false;
    for (let attempt = 1; ; attempt++) {
      const outcome = await exchange(base, url, request, authorization, timeoutMilliseconds).catch(
        (error: unknown) => unreachable(url, error, authorization),
      );
      const answer = outcome instanceof ForgeError ? undefined : outcome;
      if (answer?.status === 401 && !isFresh) {
        isFresh = true;
        const fresh = await options.authorize({ fresh: true });
        if (JSON.stringify(fresh) !== JSON.stringify(authorization)) {
          authorization = fresh;
          continue;
        }
      }
      const failure = outcome instanceof ForgeError ? outcome : refusal(url, request, outcome);
      if (failure === undefined && answer) return answer;
      const wait = waitBefore(attempt, answer?.headers);
      const again = failure?.retryable === true && mayRepeat(request, answer);
      if (pause && answer && isLimited(answer) && wait > maxWaitMilliseconds)
        pause.until = Date.now() + Math.min(wait, longestPause);
      if (!again || attempt >= tries || wait > maxWaitMilliseconds) throw failure;
      await sleep(wait);
    }
  };
}

/** Reads an answer's JSON against what is used of it; the error names fields, never values. */
export function readAnswer<T>(schema: z.ZodMiniType<T>, answer: ForgeAnswer, what: string): T {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer.text);
  } catch {
    throw new ForgeError(`The forge's answer about ${what} is not JSON.`, { retryable: true });
  }
  const result = schema.safeParse(parsed);
  if (result.success) return result.data;
  const fields = [...new Set(result.error.issues.map((issue) => issue.path.map(String).join(".")))];
  throw new ForgeError(
    `The forge's answer about ${what} has missing or unexpected values in: ${fields.slice(0, 5).join(", ")}.`,
    { retryable: false },
  );
}

/** Each part of a path encoded by itself, so that none can reach another part of the API. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function addressOf(base: URL, request: ForgeRequest): URL {
  const whole = /^https?:\/\//.test(request.path) ? request.path : `${base.href}${request.path}`;
  const url = new URL(whole);
  for (const [key, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  if (!isBelow(base, url))
    throw new ForgeError(`${url.origin}${url.pathname} is not below ${base.href}.`, {
      retryable: false,
    });
  return url;
}

function isBelow(base: URL, url: URL): boolean {
  const path = base.pathname.endsWith("/") ? base.pathname : `${base.pathname}/`;
  return url.origin === base.origin && url.pathname.startsWith(path) && url.username === "";
}

async function exchange(
  base: URL,
  first: URL,
  request: ForgeRequest,
  authorization: Readonly<Record<string, string>>,
  timeoutMilliseconds: number,
): Promise<ForgeAnswer> {
  const signal = AbortSignal.timeout(timeoutMilliseconds);
  let url = first;
  for (let hop = 0; ; hop++) {
    const response = await fetch(url, {
      method: request.method ?? "GET",
      headers: {
        accept: request.accept ?? "application/json",
        "user-agent": userAgent,
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        ...authorization,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      redirect: "manual",
      signal,
    });
    const next = redirectOf(response, url);
    if (next === undefined) {
      const text = await readBounded(response, request.maxBytes ?? largestAnswer);
      const safe = response.ok ? text : redact(text, authorization);
      return { status: response.status, headers: response.headers, text: safe };
    }
    await response.body?.cancel();
    if (!isBelow(base, next) || hop >= redirects)
      throw new ForgeError(
        `${url.origin}${url.pathname} redirects to ${next.origin}, which is not followed: set the connection's url to where the forge is now.`,
        { retryable: false },
      );
    url = next;
  }
}

/** The target of a redirect, as for a renamed project. The request is repeated there with the same method and body. */
function redirectOf(response: Response, from: URL): URL | undefined {
  const location = response.headers.get("location");
  if (response.status < 300 || response.status > 399 || location === null) return undefined;
  return URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
}

function unreachable(
  url: URL,
  error: unknown,
  authorization: Readonly<Record<string, string>>,
): ForgeError {
  if (error instanceof ForgeError) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ForgeError(
    `${url.origin} cannot be reached: ${redact(why, authorization).slice(0, 200)}`,
    { retryable: true },
  );
}

function refusal(url: URL, request: ForgeRequest, answer: ForgeAnswer): ForgeError | undefined {
  if (answer.status >= 200 && answer.status < 300) return undefined;
  if (request.expect?.includes(answer.status) && !isLimited(answer)) return undefined;
  const said = answer.text
    .slice(0, 500)
    .replace(/[\s\0-\x1f]+/g, " ")
    .slice(0, 200);
  return new ForgeError(
    `${request.method ?? "GET"} ${url.origin}${url.pathname} was answered ${answer.status}: ${said}`,
    {
      retryable: isPassing(answer),
      status: answer.status,
      waitMilliseconds: askedWait(answer.headers),
    },
  );
}

/** GitHub reports a rate limit with 403 as well as 429 (GitHub Docs: Rate limits for the REST API). */
function isLimited({ status, headers }: ForgeAnswer): boolean {
  if (status === 429) return true;
  return (
    status === 403 && (headers.has("retry-after") || headers.get("x-ratelimit-remaining") === "0")
  );
}

function isPassing(answer: ForgeAnswer): boolean {
  return isLimited(answer) || [408, 409, 423, 425].includes(answer.status) || answer.status >= 500;
}

/** A request that changes something is repeated only if the forge has certainly not carried it out. */
function mayRepeat(request: ForgeRequest, answer: ForgeAnswer | undefined): boolean {
  if ((request.method ?? "GET") === "GET") return true;
  return answer !== undefined && (isLimited(answer) || answer.status === 503);
}

/** `Retry-After`, in seconds or as a date. */
function askedWait(headers: Headers | undefined): number | undefined {
  const asked = headers?.get("retry-after");
  if (asked === null || asked === undefined || asked === "") return undefined;
  const seconds = Number(asked);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(asked) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

function waitBefore(attempt: number, headers: Headers | undefined): number {
  const asked = askedWait(headers);
  if (asked !== undefined) return asked;
  return 150 * 2 ** attempt * (0.5 + Math.random() / 2);
}

/** A forge, or a proxy in front of it, may quote the request in its answer. */
function redact(text: string, authorization: Readonly<Record<string, string>>): string {
  const secrets = Object.values(authorization).flatMap((value) => [value, ...value.split(" ")]);
  return secrets
    .filter((secret) => secret.length >= 8)
    .reduce((safe, secret) => safe.replaceAll(secret, "[redacted]"), text);
}
