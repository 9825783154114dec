import { join } from "node:path";
import type { ExpectedEngine } from "./dind-service.ts";
import { openEngineEndpoint } from "./engine/endpoint.ts";
import type { JobContext } from "./executor.ts";
import type { JobNetwork, Networks } from "./networks.ts";

/** How the containers of a job reach the environment's engine. */
export type OfferedEngine = {
  readonly binds: readonly string[];
  readonly close: () => Promise<void>;
};

const SOCKET = "/var/run/docker.sock";
const UNIX = "unix://";

/**
 * The smallest network that will do: names need one of the job's own; an engine by name needs an address
 * that no other job on this engine uses; else the engine's bridge, which costs nothing.
 */
export function chooseNetwork(
  networks: Networks,
  context: JobContext,
  needs: { readonly services: boolean; readonly engineByName: boolean },
): Promise<JobNetwork> {
  if (needs.services) return networks.ofJob(context.job.id);
  const alone = context.settings.executor === "docker-in-docker" && context.settings.capacity === 1;
  if (needs.engineByName && !alone) return networks.ofSlot(context.slot);
  return networks.shared();
}

/**
 * Opens the engine for a job: always as the socket, by name and port where the job expects that. An engine
 * that others use too is offered through a proxy that labels what the script makes.
 */
export async function offerEngine(
  context: JobContext,
  expected: ExpectedEngine | undefined,
  network: JobNetwork,
): Promise<OfferedEngine> {
  const { settings, job, directory } = context;
  const label = settings.executor !== "docker-in-docker";
  const direct = !label && settings.dockerHost.startsWith(UNIX);
  if (direct && expected === undefined) {
    return { binds: [bindSocket(settings.dockerHost)], close: async () => {} };
  }
  const certDirectory = join(directory, "certs");
  const endpoint = await openEngineEndpoint({
    dockerHost: settings.dockerHost,
    environmentId: settings.environmentId,
    jobId: job.id,
    directory,
    ...(expected && { listenAddress: network.gateway, allowFrom: network.subnet }),
    ...(expected?.ports.tls && { tls: { certDirectory, names: expected.hostNames } }),
    plain: expected?.ports.plain ?? false,
    label,
  });
  const socket = direct ? bindSocket(settings.dockerHost) : `${endpoint.socketPath}:${SOCKET}`;
  const certificates = expected?.ports.tls
    ? [`${certDirectory}:${expected.ports.certDirectory}/client:ro`]
    : [];
  return { binds: [socket, ...certificates], close: endpoint.close };
}

function bindSocket(dockerHost: string): string {
  return `${dockerHost.slice(UNIX.length)}:${SOCKET}`;
}
