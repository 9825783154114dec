import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openEngineEndpoint } from "../../engine/endpoint.ts";
import type { ExpectedEngine } from "../dind-service.ts";
import type { JobContext } from "../executor.ts";
import type { JobNetwork, Networks } from "./networks.ts";
import { isSharedEngine } from "./shared-engine.ts";
import { isUnprivileged } from "./unprivileged.ts";

/** How the containers of a job reach each other and the environment's engine. */
export type Connection = {
  readonly network: JobNetwork;
  readonly binds: readonly string[];
  /** Host names that mean this machine. */
  readonly hostNames: readonly string[];
  /** Resolves when the engine's certificates are in their directory and its TLS port is open. */
  readonly ready: Promise<void>;
  readonly close: () => Promise<void>;
};

const SOCKET = "/var/run/docker.sock";
const UNIX = "unix://";

/**
 * Opens the engine for a job: always as the socket, by name and port where the job expects that. An engine
 * that others use too is offered through a proxy that labels what the script makes; so is one whose registry
 * takes other logins than the job knows. The network is the
 * smallest that will do: services need one of the job's own; a port that is taken on the engine's bridge
 * needs one of the slot's; else it is that bridge, which costs nothing. An unprivileged job gets no engine.
 */
export async function connectJob(
  networks: Networks,
  context: JobContext,
  needs: { readonly services: boolean; readonly engine: ExpectedEngine | undefined },
): Promise<Connection> {
  if (isUnprivileged(context.settings)) {
    // Not the bridge, where other jobs' engines listen for everyone.
    const network = await networks.ofSlot(context.slot);
    return { network, binds: [], hostNames: [], ready: Promise.resolve(), close: async () => {} };
  }
  // The engine of others too: on a bridge that they stand on, its port would be theirs.
  const isForOthers = needs.engine !== undefined && isSharedEngine(context.settings);
  if (needs.services || isForOthers)
    return connectIn(await networks.ofJob(context.job.id), context, needs.engine);
  try {
    return await connectIn(await networks.shared(), context, needs.engine);
  } catch (error) {
    if (!isTaken(error)) throw error;
    return connectIn(await networks.ofSlot(context.slot), context, needs.engine);
  }
}

async function connectIn(
  network: JobNetwork,
  context: JobContext,
  expected: ExpectedEngine | undefined,
): Promise<Connection> {
  const { settings, job, directory, registryLogin: registry } = context;
  const { dockerHost, environmentId } = settings;
  const label = settings.executor !== "docker-in-docker";
  const direct = !label && registry === undefined && dockerHost.startsWith(UNIX);
  const common = { dockerHost, environmentId, jobId: job.id, label, registry };
  const reachable = { listenAddress: network.gateway, allowFrom: network.subnet };
  const hostNames = expected?.hostNames ?? [];
  if (direct && expected === undefined) {
    const binds = [bindSocket(dockerHost)];
    return { network, binds, hostNames, ready: Promise.resolve(), close: async () => {} };
  }
  const endpoint = await openEngineEndpoint({
    ...common,
    directory,
    ...(expected && reachable),
    plain: expected?.ports.plain ?? false,
  });
  const binds = [direct ? bindSocket(dockerHost) : `${endpoint.socketPath}:${SOCKET}`];
  if (!expected?.ports.tls) {
    return { network, binds, hostNames, ready: Promise.resolve(), close: endpoint.close };
  }
  // Certificates take a moment that the start of the container hides.
  const certDirectory = join(directory, "certs");
  await mkdir(certDirectory, { recursive: true });
  binds.push(`${certDirectory}:${expected.ports.certDirectory}/client:ro`);
  const secure = openEngineEndpoint({
    ...common,
    ...reachable,
    directory: join(directory, "tls"),
    tls: { certDirectory, names: hostNames },
    plain: false,
  });
  const ready = secure.then(() => undefined);
  ready.catch(() => undefined);
  return {
    network,
    binds,
    hostNames,
    ready,
    close: async () => {
      await endpoint.close();
      await secure.then((opened) => opened.close()).catch(() => undefined);
    },
  };
}

function bindSocket(dockerHost: string): string {
  return `${dockerHost.slice(UNIX.length)}:${SOCKET}`;
}

function isTaken(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "code" in error && error.code === "EADDRINUSE"
  );
}
