import type Docker from "dockerode";
import { ownerLabels } from "#engine/labels.ts";
import { ignoreMissing } from "./engine-client.ts";

/** The labels of one job of an environment, as the engine's filters take them. */
export function ownerLabelFilter(environmentId: string, jobId: number): string[] {
  return Object.entries(ownerLabels(environmentId, jobId)).map(([key, value]) => `${key}=${value}`);
}

/** Removes everything that carries all of the labels: containers first, then what they used. */
export async function removeLabelled(engine: Docker, labels: readonly string[]): Promise<void> {
  const filters = { label: [...labels] };
  const containers = await engine.listContainers({ all: true, filters }).catch(() => []);
  await Promise.all(
    containers.map(({ Id }) =>
      ignoreMissing(engine.getContainer(Id).remove({ force: true, v: true })),
    ),
  );
  const [networks, { Volumes }] = await Promise.all([
    engine.listNetworks({ filters }).catch(() => []),
    engine.listVolumes({ filters }).catch(() => ({ Volumes: [] })),
  ]);
  await Promise.all([
    ...networks.map(({ Id }) => ignoreMissing(engine.getNetwork(Id).remove())),
    ...(Volumes ?? []).map(({ Name }) => ignoreMissing(engine.getVolume(Name).remove())),
  ]);
}
