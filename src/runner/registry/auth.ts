import type { JobResponse } from "../protocol.ts";
import { readDockerAuth } from "./docker-auth.ts";

export type RegistryAuth =
  | { readonly username: string; readonly password: string; readonly serveraddress: string }
  | { readonly identitytoken: string; readonly serveraddress: string };

const DOCKER_HUB = "docker.io";

/** Finds the login for a registry; `problems` say what of `DOCKER_AUTH_CONFIG` this runner cannot use. */
export type AuthSource = {
  readonly find: (registry: string) => RegistryAuth | undefined;
  readonly problems: readonly string[];
};

/**
 * Credentials for pulling a job's images: `DOCKER_AUTH_CONFIG` first, then those that came with the job.
 * GitLab Docs: "Access an image from a private container registry".
 */
export function registryAuths(
  credentials: JobResponse["credentials"],
  dockerAuthConfig: string | undefined,
): AuthSource {
  const byHost = new Map<string, RegistryAuth>();
  const problems: string[] = [];
  for (const { url, username, password } of credentials) {
    byHost.set(canonicalHost(url), { username, password, serveraddress: url });
  }
  if (dockerAuthConfig) {
    const config = parseObject(dockerAuthConfig);
    if (config === undefined) problems.push("DOCKER_AUTH_CONFIG is not JSON and is not used.");
    if (config?.credsStore !== undefined || config?.credHelpers !== undefined) {
      problems.push(
        "DOCKER_AUTH_CONFIG names credential helpers, which are not run; put `auths` in it.",
      );
    }
    for (const [host, entry] of Object.entries(asObject(config?.auths))) {
      const auth = readEntry(host, asObject(entry));
      if (auth === undefined) problems.push(`DOCKER_AUTH_CONFIG has no usable login for ${host}.`);
      else byHost.set(canonicalHost(host), auth);
    }
  }
  return { find: (registry) => byHost.get(canonicalHost(registry)), problems };
}

function readEntry(host: string, entry: Record<string, unknown>): RegistryAuth | undefined {
  if (typeof entry.identitytoken === "string" && entry.identitytoken !== "") {
    return { identitytoken: entry.identitytoken, serveraddress: host };
  }
  if (typeof entry.auth === "string" && entry.auth !== "") {
    const login = readDockerAuth(entry.auth);
    // Some clients pad what they write.
    return (
      login && {
        ...login,
        password: login.password.replace(/(?<!\0)\0+$/, ""),
        serveraddress: host,
      }
    );
  }
  const { username, password } = entry;
  if (typeof username !== "string" || typeof password !== "string") return undefined;
  return { username, password, serveraddress: host };
}

/** The host of a registry as clients write it: with or without scheme and path, in any case. */
export function canonicalHost(url: string): string {
  const host = url
    .replace(/^https?:\/\//, "")
    .replace(/\/.*/s, "")
    .toLowerCase();
  return host === "index.docker.io" || host === "registry-1.docker.io" ? DOCKER_HUB : host;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? asObject(value) : undefined;
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
