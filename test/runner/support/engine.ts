import { existsSync } from "node:fs";
import Docker from "dockerode";

const SOCKET = "/var/run/docker.sock";
export const DOCKER_HOST = `unix://${SOCKET}`;

/** A client for this machine's engine, or why there is none. */
export async function testEngine(): Promise<{ engine: Docker } | { missing: string }> {
  if (!existsSync(SOCKET)) return { missing: `no engine listens at ${SOCKET}` };
  const engine = new Docker({ socketPath: SOCKET });
  try {
    await engine.ping();
    const images = await engine.listImages();
    const names = images.flatMap((image) => image.RepoTags ?? []);
    for (const needed of ["busybox:latest", "docker:stable"]) {
      if (!names.includes(needed)) return { missing: `the engine has no image ${needed}` };
    }
    return { engine };
  } catch (error) {
    return { missing: `the engine at ${SOCKET} does not answer: ${error}` };
  }
}

/** Names of all containers, networks and volumes that carry the environment's label. */
export async function remainsOf(engine: Docker, environmentId: string): Promise<string[]> {
  const filters = { label: [`dev.slipway.environment=${environmentId}`] };
  const [containers, networks, { Volumes }] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listNetworks({ filters }),
    engine.listVolumes({ filters }),
  ]);
  return [
    ...containers.flatMap(({ Names }) => Names),
    ...networks.map(({ Name }) => Name),
    ...Volumes.map(({ Name }) => Name),
  ];
}
