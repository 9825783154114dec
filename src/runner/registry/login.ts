import type { JobResponse, JobVariable } from "../protocol.ts";
import { type AuthSource, canonicalHost } from "./auth.ts";
import type { EcrTokens, RegistryToken } from "./ecr-token.ts";

/** User name and password as a script, a configuration or a client has them. */
export type Login = { readonly username: string; readonly password: string };

/**
 * What the registry takes instead of the logins that a job may use there: those of GitLab's own registry
 * (`CI_JOB_TOKEN` as password) and earlier tokens of this job.
 */
export type RegistryLogin = {
  /** `host[:port]` as image names carry it. */
  readonly host: string;
  /** The login to send; the same one where it is not for this registry or none of the job's. */
  readonly translate: (server: string, login: Login) => Promise<Login>;
};

/** A token is renewed while it lives for this long still: an upload that begins now may take a while. */
const leastLifeMilliseconds = 60 * 60_000;

/**
 * Asks for the token that a job's registry password stands for, where it stands for one, and puts it in
 * its place. Rejects with `JobFailure`.
 */
export async function logInToRegistry(
  job: JobResponse,
  tokens: EcrTokens,
  signal: AbortSignal,
): Promise<{ readonly job: JobResponse; readonly login?: RegistryLogin }> {
  const { registry } = job;
  if (registry === undefined) return { job };
  const { host, placeholder } = registry;
  let latest = await tokens(registry, job.runner_info.timeout * 1000, signal);
  const given = new Set([job.token, placeholder, latest.password]);
  const renew = async (): Promise<RegistryToken> => {
    // An older token may do until there is a new one.
    latest = await tokens(registry, leastLifeMilliseconds, signal).catch(() => latest);
    given.add(latest.password);
    return latest;
  };
  return {
    job: withToken(job, placeholder, latest.password),
    login: {
      host,
      translate: async (server, login) => {
        if (canonicalHost(server) !== canonicalHost(host) || !given.has(login.password)) {
          return login;
        }
        const { username, password } = await renew();
        return { username, password };
      },
    },
  };
}

function withToken(job: JobResponse, placeholder: string, token: string): JobResponse {
  const replace = (text: string) => text.replaceAll(placeholder, () => token);
  const replaceAll = (variables: readonly JobVariable[]) =>
    variables.map((variable) => ({ ...variable, value: replace(variable.value) }));
  return {
    ...job,
    variables: replaceAll(job.variables),
    services: job.services.map((service) =>
      service.variables === undefined
        ? service
        : { ...service, variables: replaceAll(service.variables) },
    ),
    credentials: job.credentials.map((credential) => ({
      ...credential,
      password: replace(credential.password),
    })),
  };
}

/** The same logins for pulling the job's images, with the registry's own in place of the job's. */
export async function translateAuths(
  source: AuthSource,
  login: RegistryLogin | undefined,
): Promise<AuthSource> {
  const found = login && source.find(login.host);
  if (login === undefined || found === undefined || !("password" in found)) return source;
  const translated = { ...found, ...(await login.translate(login.host, found)) };
  const host = canonicalHost(login.host);
  return {
    ...source,
    find: (registry) => (canonicalHost(registry) === host ? translated : source.find(registry)),
  };
}
