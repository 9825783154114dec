import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { engineMessage, statusOf } from "#engine/error.ts";
import { ENVIRONMENT_LABEL } from "#engine/labels.ts";

/** A process that is just dying may make one more container; an engine may be busy removing one. */
const PASSES = 40;

/**
 * Removes all containers, networks and volumes that carry the environment's label, running or not.
 * Resolves when none is left; rejects when the engine is gone or keeps refusing.
 */
export async function removeOwned(docker: Docker, environmentId: string): Promise<void> {
  let refused: unknown;
  for (let pass = 0; pass < PASSES; pass += 1) {
    const owned = await findOwned(docker, environmentId);
    if (owned.length === 0) {
      return;
    }
    if (pass > 0) {
      await sleep(50);
    }
    refused = undefined;
    // In this order: a container holds its networks and volumes.
    for (const kind of ["container", "network", "volume"] as const) {
      const errors = await Promise.all(
        owned.filter((one) => one.kind === kind).map((one) => attempt(() => remove(docker, one))),
      );
      refused ??= errors.find((error) => error !== undefined);
    }
  }
  throw new Error(`The engine keeps what belongs to ${environmentId}: ${engineMessage(refused)}`);
}

type Owned = { readonly kind: "container" | "network" | "volume"; readonly id: string };

async function findOwned(docker: Docker, environmentId: string): Promise<Owned[]> {
  const filters = { label: [`${ENVIRONMENT_LABEL}=${environmentId}`] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return [
    ...containers.map(({ Id }): Owned => ({ kind: "container", id: Id })),
    ...networks.map(({ Id }): Owned => ({ kind: "network", id: Id })),
    ...(volumes ?? []).map(({ Name }): Owned => ({ kind: "volume", id: Name })),
  ];
}

async function remove(docker: Docker, { kind, id }: Owned): Promise<void> {
  switch (kind) {
    case "container":
      return docker.getContainer(id).remove({ force: true, v: true });
    case "volume":
      return docker.getVolume(id).remove({ force: true });
    case "network": {
      const network = docker.getNetwork(id);
      const { Containers: attached } = await network.inspect();
      for (const container of Object.keys(attached ?? {})) {
        await network.disconnect({ Container: container, Force: true });
      }
      return network.remove();
    }
  }
}

/** A refusal is tried again; only an engine that is gone ends the removal. */
async function attempt(work: () => Promise<void>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (statusOf(error) === undefined) {
      throw error;
    }
    return statusOf(error) === 404 ? undefined : error;
  }
}
