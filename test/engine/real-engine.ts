import { engineClient } from "#engine/client.ts";
import { ipv4Gateway } from "#engine/gateway.ts";
import { ENVIRONMENT_LABEL } from "#engine/labels.ts";
import { refuseInUnitTests } from "./only-engine-tests.ts";

refuseInUnitTests("this machine's engine");

export const DOCKER_HOST = process.env.DOCKER_HOST || "unix:///var/run/docker.sock";

export const docker = engineClient(DOCKER_HOST);

/** The image of docker-in-docker environments. */
export const ENGINE_IMAGE = "slipway/engine:latest";

/** Fails with what to do about it where the engine or one of the images is missing. */
export async function requireImages(...names: readonly string[]): Promise<void> {
  const images = await docker.listImages().catch((error: unknown) => {
    throw new Error(`The engine at ${DOCKER_HOST} does not answer: npm run setup`, {
      cause: error,
    });
  });
  const present = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  for (const name of names) {
    if (!present.includes(name)) throw new Error(`The engine has no image ${name}: npm run setup`);
  }
}

/** Where containers of the default bridge reach this machine, and the bridge's range. */
export async function bridge(): Promise<{ readonly gateway: string; readonly subnet: string }> {
  const { IPAM } = await docker.getNetwork("bridge").inspect();
  const found = ipv4Gateway(IPAM?.Config);
  if (found === undefined) throw new Error("The engine's bridge has no IPv4 range.");
  return found;
}

/** Names of all containers, networks and volumes that carry the environment's label. */
export async function remainsOf(environmentId: string): Promise<string[]> {
  const filters = { label: [`${ENVIRONMENT_LABEL}=${environmentId}`] };
  const [containers, networks, { Volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return [
    ...containers.flatMap(({ Names }) => Names),
    ...networks.map(({ Name }) => Name),
    ...(Volumes ?? []).map(({ Name }) => Name),
  ];
}
