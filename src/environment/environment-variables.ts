import { type EnvironmentSpec, EnvironmentStartError } from "./environment.ts";

/** What each environment of a machine is told beside its own specification. */
export type RunnerSettings = {
  /** Absolute path of the bundled runner, where the environment sees it; none: the buildspec knows where it is. */
  readonly runner?: string;
  /** The runner's working directory, absolute, where the environment sees it. */
  readonly directory: string;
  /** The engine, where the environment sees it; none: what the environment itself says, or the usual socket. */
  readonly dockerHost?: string;
  /** `NAME:ADDRESS` entries that jobs' containers get as well. */
  readonly extraHosts: readonly string[];
  /** An image for the helpers of jobs; none: they use the programs of the environment, which is one of its own. */
  readonly helperImage?: string;
  /** A docker client that is found first in shell jobs. */
  readonly dockerClient?: string;
};

/** The SLIPWAY_ variables that a buildspec and its runner read, all but the ticket. */
export function environmentVariables(
  spec: EnvironmentSpec,
  settings: RunnerSettings,
): Record<string, string> {
  return {
    SLIPWAY_URL: spec.apiUrl,
    SLIPWAY_EXECUTOR: spec.executor,
    SLIPWAY_CAPACITY: String(spec.capacity),
    SLIPWAY_ENVIRONMENT_ID: spec.id,
    SLIPWAY_PIPELINE_ID: String(spec.pipelineId),
    SLIPWAY_DIRECTORY: settings.directory,
    SLIPWAY_PRIVILEGED: String(spec.privileged),
    SLIPWAY_EXTRA_HOSTS: settings.extraHosts.join(","),
    ...(spec.allowMetadata ? { SLIPWAY_ALLOW_METADATA: "true" } : {}),
    ...(settings.runner ? { SLIPWAY_RUNNER: settings.runner } : {}),
    ...(settings.dockerHost ? { DOCKER_HOST: settings.dockerHost } : {}),
    ...(settings.helperImage ? { SLIPWAY_HELPER_IMAGE: settings.helperImage } : {}),
    ...(settings.dockerClient ? { SLIPWAY_DOCKER_CLIENT: settings.dockerClient } : {}),
  };
}

/** Ids become names of containers and directories. */
export function isEnvironmentId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(id);
}

export function requireEnvironmentId(id: string): void {
  if (!isEnvironmentId(id)) {
    throw new EnvironmentStartError(`"${id}" cannot name an environment.`, { permanent: true });
  }
}
