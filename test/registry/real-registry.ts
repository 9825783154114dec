import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { sha256Hex } from "#language/sha256.ts";
import { startRegistryFront, stopRegistryFront } from "#local/registry/front.ts";
import { openRegistryKeys, type RegistryKeys } from "#local/registry/keys.ts";
import { findRegistry } from "#local/setup/stand-alone-programs.ts";
import { stateDirectory } from "#local/setup/state-directory.ts";
import { issueRegistryToken } from "#registry/token.ts";
import type { RegistryGrant } from "#registry/token-access.ts";
import { refuseInUnitTests } from "../engine/only-engine-tests.ts";

refuseInUnitTests("a real registry");

/** CNCF Distribution. */
export const registryBinary = await requireRegistry();

async function requireRegistry(): Promise<string> {
  const found = await findRegistry(stateDirectory());
  if (found === undefined) throw new Error("There is no docker-registry here: npm run setup");
  return found;
}

export type TokenService = {
  readonly port: number;
  /** Password → what it may do. */
  readonly grants: Map<string, RegistryGrant>;
  readonly close: () => Promise<void>;
};

/** What the service does at `/jwt/auth`, with grants that the test gives and takes. */
export async function startTokenService(
  keys: RegistryKeys,
  options: { readonly port?: number; readonly now?: () => number } = {},
): Promise<TokenService> {
  const grants = new Map<string, RegistryGrant>();
  const server = createServer(async (req, res) => {
    const url = new URL(req.url ?? "/", "http://service");
    const answer = await issueRegistryToken(
      {
        authorization: req.headers.authorization,
        scopes: url.searchParams.getAll("scope"),
      },
      async (tokenHash) => [...grants].find(([password]) => sha256Hex(password) === tokenHash)?.[1],
      options.now?.() ?? Date.now(),
      keys,
    );
    res.writeHead(answer.status, { "content-type": "application/json" });
    res.end(JSON.stringify(answer.body));
  });
  const port = await listenOnLoopback(server, options.port);
  return {
    port,
    grants,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function listenOnLoopback(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A front, its registry and a token service in a directory of their own. */
export async function startRealRegistry(options: { readonly now?: () => number } = {}) {
  const directory = await mkdtemp(join(tmpdir(), "slipway-registry-"));
  const keys = await openRegistryKeys(directory);
  const tokens = await startTokenService(keys, options);
  const port = await freePort();
  const front = await startRegistryFront({
    directory,
    registryBinary,
    host: "127.0.0.1",
    port,
    addresses: ["127.0.0.1"],
    serviceUrl: `http://127.0.0.1:${tokens.port}`,
    keys,
  });
  return {
    directory,
    keys,
    tokens,
    front,
    port,
    host: `127.0.0.1:${port}`,
    close: async () => {
      await stopRegistryFront(directory);
      await tokens.close();
      await rm(directory, { recursive: true });
    },
  };
}

export type Docker = (
  ...args: readonly string[]
) => Promise<{ readonly ok: boolean; readonly output: string }>;

const run = promisify(execFile);

/** The Docker client, with a configuration of its own. */
export function dockerClient(path: string, configDirectory: string, socket: string): Docker {
  return async (...args) => {
    try {
      const { stdout, stderr } = await run(path, args, {
        env: {
          PATH: process.env.PATH,
          DOCKER_CONFIG: configDirectory,
          DOCKER_HOST: `unix://${socket}`,
        },
      });
      return { ok: true, output: stdout + stderr };
    } catch (error) {
      if (!(error instanceof Error) || !("stderr" in error)) throw error;
      return { ok: false, output: String(error.stderr) };
    }
  };
}
