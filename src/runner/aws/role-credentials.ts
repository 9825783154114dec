import { readFile } from "node:fs/promises";
import { defined } from "#language/defined.ts";
import { JobFailure, messageOf } from "../job-failure.ts";
import { fetchWithRetry } from "../retry.ts";

export type RoleCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Where relative addresses of credentials are (Amazon ECS Developer Guide, "Task IAM role"; CodeBuild has the same). */
const containerCredentialsHost = "http://169.254.170.2";
const patienceMilliseconds = 20_000;

/**
 * The credentials of the role that this build runs with: from the environment, else from the container's
 * credentials endpoint. Rejects with a `JobFailure` that says what is missing, never with a secret.
 */
export async function roleCredentials(
  env: Environment,
  signal?: AbortSignal,
): Promise<RoleCredentials> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env;
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) {
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    };
  }
  const url = containerUrl(env);
  if (url === undefined) {
    throw new JobFailure(
      "runner_system_failure",
      "This environment has no AWS role: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set. Jobs that push to ECR run in CodeBuild, or where the environment has AWS credentials.",
    );
  }
  try {
    const authorization = await containerToken(env);
    const response = await fetchWithRetry(
      url,
      { headers: authorization === undefined ? {} : { authorization } },
      { patienceMilliseconds, ...defined({ signal }) },
    );
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    // A parser's own message would quote the answer.
    return readCredentials(await response.json().catch(() => undefined));
  } catch (error) {
    signal?.throwIfAborted();
    throw new JobFailure(
      "runner_system_failure",
      `The build's role gave no credentials (${messageOf(error)}). Was the role deleted? Deploy again.`,
    );
  }
}

function containerUrl(env: Environment): string | undefined {
  const relative = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  return relative
    ? `${containerCredentialsHost}${relative}`
    : env.AWS_CONTAINER_CREDENTIALS_FULL_URI || undefined;
}

async function containerToken(env: Environment): Promise<string | undefined> {
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  if (file) return (await readFile(file, "utf8")).trim();
  return env.AWS_CONTAINER_AUTHORIZATION_TOKEN || undefined;
}

function readCredentials(body: unknown): RoleCredentials {
  const text = (name: string): string => {
    const value: unknown = typeof body === "object" && body !== null ? Reflect.get(body, name) : "";
    return typeof value === "string" ? value : "";
  };
  const [accessKeyId, secretAccessKey, sessionToken] = [
    text("AccessKeyId"),
    text("SecretAccessKey"),
    text("Token"),
  ];
  if (!accessKeyId || !secretAccessKey) throw new Error("its answer holds no access key");
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
