import type { Settings } from "../../settings.ts";
import { isUnprivileged } from "./unprivileged.ts";

/** Whether the engine that runs jobs' containers holds the images of other projects: it is a machine's own. */
export function isSharedEngine(settings: Settings): boolean {
  if (settings.ownMachine === true) return false;
  return settings.executor !== "docker-in-docker" || isUnprivileged(settings);
}
