import type { Settings } from "../../settings.ts";
import { seccompProfile } from "./seccomp-profile.ts";

/**
 * Whether the environment's jobs have no engine at all: the one that runs their containers is the
 * machine's, and nothing of it may reach them.
 */
export function isUnprivileged(settings: Pick<Settings, "executor" | "privileged">): boolean {
  return settings.executor === "docker-in-docker" && !settings.privileged;
}

/** Said where a job asks for an engine by a `docker:*dind` service or DOCKER_HOST. */
export const NO_ENGINE =
  "There is no Docker Engine for this job: its project is set to `privileged: false`, so the docker:dind service is not started and `docker` commands will fail. Build with kaniko or buildah, or set `privileged: true` for the project in slipway.yaml.";

/**
 * Lets a job's container make user namespaces and mount in them, which is all that buildah asks for. Setuid
 * programs go on working (no `no-new-privileges`): `sudo` and `newuidmap` are part of builds.
 */
export const UNPRIVILEGED_SECURITY: readonly string[] = [
  `seccomp=${JSON.stringify(seccompProfile)}`,
  // AppArmor's profile for containers forbids every mount, also in a namespace of its own.
  "apparmor=unconfined",
];
