import { type BasicCredentials, splitCredentials } from "#http/basic-auth.ts";

/** The base64 of `user:password`, as registries and docker's configuration have it; undefined without a user. */
export function readDockerAuth(base64: string): BasicCredentials | undefined {
  const found = splitCredentials(Buffer.from(base64, "base64").toString("utf8"));
  return found?.username ? found : undefined;
}
