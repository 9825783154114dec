import type Docker from "dockerode";
import { ENVIRONMENT_LABEL } from "#engine/labels.ts";
import type { Settings } from "../../settings.ts";
import { engineFailure, ignoreMissing } from "../engine-client.ts";

/** Where the files of a slot's jobs lie: only the engine and its containers go there. */
export type JobMounts = {
  readonly binds: readonly string[];
  /** The same places for `statfs`, nothing else. */
  readonly disks: readonly string[];
};

export type Volumes = {
  /** Makes what is missing; the same for each job of a slot. */
  readonly ofSlot: (slot: number) => Promise<JobMounts>;
  /** Removes the builds of a slot with all that is in them, once no container uses them. Never rejects. */
  readonly discard: (slot: number) => Promise<void>;
};

export const BUILDS = "/builds";
const CACHE = "/cache";

/**
 * Builds and `/cache` are volumes of the engine: no path of the machine leads a program of the machine into
 * what jobs write, and setuid files and devices lie where only root gets to, as those of images do. An environment
 * for one job with an engine of its own has its builds where the job sees them instead, so that the script's
 * `docker run --volume $CI_PROJECT_DIR:…` names a directory that the engine has too.
 */
export function volumes(engine: Docker, settings: Settings): Volumes {
  const { executor, capacity, privileged, environmentId } = settings;
  const alone = executor === "docker-in-docker" && capacity === 1 && privileged;
  const buildsName = (slot: number) => `slipway-${environmentId}-builds-${slot}`;

  /** Asked for by each job, for another job's `docker volume prune` may have removed it. */
  async function make(Name: string): Promise<string> {
    try {
      const labels = { [ENVIRONMENT_LABEL]: environmentId };
      const volume = await engine.createVolume({ Name, Labels: labels });
      return (await volume.inspect()).Mountpoint;
    } catch (error) {
      throw engineFailure(error, `Making the volume ${Name}`, settings.dockerHost);
    }
  }

  return {
    ofSlot: async (slot) => {
      const cache = `slipway-${environmentId}-cache`;
      const builds = alone ? BUILDS : buildsName(slot);
      const [place] = await Promise.all([alone ? BUILDS : make(builds), make(cache)]);
      const copyNothing = alone ? "" : ":nocopy";
      return {
        binds: [`${builds}:${BUILDS}${copyNothing}`, `${cache}:${CACHE}:nocopy`],
        disks: [place],
      };
    },
    discard: async (slot) => {
      if (!alone) await ignoreMissing(engine.getVolume(buildsName(slot)).remove({ force: true }));
    },
  };
}
