import Docker from "dockerode";
import { ipv4Gateway } from "#engine/gateway.ts";

export const DOCKER_HOST = process.env.DOCKER_HOST || "unix:///var/run/docker.sock";

export const docker = new Docker({ socketPath: DOCKER_HOST.replace(/^unix:\/\//, "") });

/** Why a test cannot use this machine's engine and that image; undefined when it can. */
export async function whyNoEngine(image: string): Promise<string | undefined> {
  if (!DOCKER_HOST.startsWith("unix://")) {
    return `DOCKER_HOST is ${DOCKER_HOST}`;
  }
  const images = await docker
    .listImages({ filters: { reference: [image] } })
    .catch(() => undefined);
  if (images === undefined) {
    return `no engine answers at ${DOCKER_HOST}`;
  }
  return images.length > 0 ? undefined : `the engine has no image ${image}`;
}

export async function gateway(): Promise<string> {
  const { IPAM: ipam } = await docker.getNetwork("bridge").inspect();
  return ipv4Gateway(ipam?.Config)?.gateway ?? "172.17.0.1";
}

/** How many containers, networks and volumes there are that carry the label. */
export async function countLabelled(label: string): Promise<number> {
  const filters = { label: [label] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return containers.length + networks.length + (volumes ?? []).length;
}
