import type { NetConnectOpts } from "node:net";

/** Where an engine listens, in the words of node:net and of node:http. */
export type EngineAddress = {
  readonly connect: NetConnectOpts;
  readonly request: EngineSocket | { readonly host: string; readonly port: number };
};

export type EngineSocket = { readonly socketPath: string };

/** Reads a DOCKER_HOST. Throws for what is not reached by a plain socket: `ssh://`, TLS, or no address at all. */
export function engineAddress(dockerHost: string): EngineAddress {
  if (dockerHost.startsWith("unix://")) {
    const path = dockerHost.slice("unix://".length);
    return { connect: { path }, request: { socketPath: path } };
  }
  const match = /^(?:tcp|http):\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?\/?$/.exec(dockerHost);
  if (!match?.[1]) {
    throw new Error(
      `DOCKER_HOST is "${dockerHost}"; an engine is reached at unix:///PATH or tcp://HOST:PORT.`,
    );
  }
  const host = match[1].replace(/^\[|\]$/g, "");
  const port = Number(match[2] ?? 2375);
  return { connect: { host, port }, request: { host, port } };
}
