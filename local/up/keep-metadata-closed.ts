import type { Settings } from "#project/parse-settings.ts";
import type { Log } from "#service/deps.ts";
import { closeMachineMetadata, type RulesPlace } from "../setup/engine/machine-metadata.ts";

/**
 * Closes the cloud's metadata to jobs, again after a firewall's restart; says once where that cannot be done. The
 * engine's default bridge is left open as soon as one project may reach it, because projects share that bridge.
 */
export function keepMetadataClosed(
  place: RulesPlace,
  settings: () => Promise<Pick<Settings, "defaults" | "projects">>,
  log: Log,
): () => Promise<void> {
  let said: string | undefined;
  return async () => {
    const why = await closeMachineMetadata(place, { bridge: !allowsMetadata(await settings()) });
    if (why !== undefined && why !== said) {
      log("warn", "jobs on this machine's engine can reach the cloud's metadata", { cause: why });
    }
    said = why;
  };
}

function allowsMetadata({ defaults, projects }: Pick<Settings, "defaults" | "projects">): boolean {
  return [defaults, ...projects.values()].some(({ allowMetadata }) => allowMetadata === true);
}
