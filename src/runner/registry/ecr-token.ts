import { AwsV4Signer } from "aws4fetch";
import { defined } from "#language/defined.ts";
import { roleCredentials } from "../aws/role-credentials.ts";
import { JobFailure, messageOf } from "../job-failure.ts";
import { fetchWithRetry, sleep } from "../retry.ts";
import { readDockerAuth } from "./docker-auth.ts";

export type RegistryToken = {
  readonly username: string;
  readonly password: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
};

/** A registry that takes tokens of the build's role. */
export type EcrSource = { readonly region: string; readonly host: string };

/** Gives a token that lives for at least so long where ECR gives such ones, asking as seldom as it can. */
export type EcrTokens = (
  source: EcrSource,
  lifeMilliseconds: number,
  signal?: AbortSignal,
) => Promise<RegistryToken>;

const patienceMilliseconds = 30_000;
const throttledAttempts = 6;
/** ECR's tokens live for twelve hours, so nobody is promised more than this. */
const longestPromise = 11 * 60 * 60_000;

/** Tokens for one environment, kept in memory. Rejects with `JobFailure`. */
export function ecrTokens(
  env: Readonly<Record<string, string | undefined>>,
  now: () => number,
): EcrTokens {
  const known = new Map<string, RegistryToken>();
  return async (source, lifeMilliseconds, signal) => {
    const key = `${source.region} ${source.host}`;
    const token = known.get(key);
    const until = now() + Math.min(lifeMilliseconds, longestPromise);
    if (token !== undefined && token.expiresAt >= until) return token;
    const fresh = await getAuthorizationToken(env, source, signal);
    known.set(key, fresh);
    return fresh;
  };
}

async function getAuthorizationToken(
  env: Readonly<Record<string, string | undefined>>,
  source: EcrSource,
  signal: AbortSignal | undefined,
): Promise<RegistryToken> {
  const url = endpointOf(env, source);
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(url, env, source, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof JobFailure) throw error;
      throw failure(`${new URL(url).host} does not answer: ${messageOf(error)}`);
    });
    if ("token" in answer) return answer.token;
    if (!answer.throttled || attempt >= throttledAttempts) throw failure(answer.problem);
    await sleep(250 * 2 ** attempt * (0.5 + Math.random()), signal);
  }
}

function failure(problem: string): JobFailure {
  return new JobFailure(
    "runner_system_failure",
    `The registry gave the build's role no token (${problem}). The role needs ecr:GetAuthorizationToken: deploy again if it was changed by hand.`,
  );
}

type Answer =
  | { readonly token: RegistryToken }
  | { readonly problem: string; readonly throttled: boolean };

async function ask(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
  source: EcrSource,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const signed = await new AwsV4Signer({
    ...(await roleCredentials(env, signal)),
    url,
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
    },
    body: "{}",
    service: "ecr",
    region: source.region,
  }).sign();
  const response = await fetchWithRetry(
    url,
    { method: signed.method, headers: signed.headers, body: "{}" },
    { patienceMilliseconds, ...defined({ signal }) },
  );
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) {
    const token = readToken(body);
    return token ? { token } : { problem: "its answer holds none", throttled: false };
  }
  const type = textOf(field(body, "__type")).replace(/^.*#/, "") || `status ${response.status}`;
  const message = textOf(field(body, "message")) || textOf(field(body, "Message"));
  return { problem: `${type}: ${message}`, throttled: /throttl|TooManyRequests/i.test(type) };
}

/** Named like the registry's host, which says the partition too. */
function endpointOf(
  env: Readonly<Record<string, string | undefined>>,
  { region, host }: EcrSource,
): string {
  const suffix = host.endsWith(".amazonaws.com.cn") ? "amazonaws.com.cn" : "amazonaws.com";
  return env.AWS_ENDPOINT_URL_ECR || env.AWS_ENDPOINT_URL || `https://api.ecr.${region}.${suffix}/`;
}

/** `authorizationToken` is the base64 of `AWS:<password>`; `expiresAt` counts seconds (Amazon ECR API). */
function readToken(body: unknown): RegistryToken | undefined {
  const list = field(body, "authorizationData");
  const [data]: unknown[] = Array.isArray(list) ? list : [];
  const login = readDockerAuth(textOf(field(data, "authorizationToken")));
  const expiresAt = Number(field(data, "expiresAt")) * 1000;
  return login && Number.isFinite(expiresAt) ? { ...login, expiresAt } : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
