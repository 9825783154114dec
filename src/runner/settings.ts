export type ExecutorName = "docker-in-docker" | "docker-socket" | "shell";

/** What an environment tells its runner, by environment variables that start with `SLIPWAY_`. */
export type Settings = {
  readonly url: string;
  readonly ticket: string;
  readonly executor: ExecutorName;
  readonly capacity: number;
  readonly environmentId: string;
  /** Absolute; holds `builds`, `cache` and `tmp`. */
  readonly directory: string;
  readonly dockerHost: string;
  readonly privileged: boolean;
  /** Whether jobs may reach the metadata of the cloud that they run in. Absent: no. */
  readonly allowMetadata?: boolean;
  /** `name:address`, as the engine takes them. */
  readonly extraHosts: readonly string[];
  /** Path of the docker client that shell jobs find first; undefined leaves PATH as it is. */
  readonly dockerClient: string | undefined;
  readonly defaultImage: string;
  /** An image with node and git, for helpers; undefined: they use this environment's own programs. */
  readonly helperImage: string | undefined;
  /** The path of this program, which helpers run too. */
  readonly program: string;
  /** For jobs of a service that names no limit. */
  readonly logLimitBytes: number;
  readonly processLimit: number;
  /** Time that processes have between being asked to end and being killed. */
  readonly graceMilliseconds: number;
  /** Whether the machine is there for this environment alone, as that of a CodeBuild build is. */
  readonly ownMachine?: boolean;
};

/** A setting that the runner cannot work with; the message names the variable. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

const MEGABYTE = 1024 * 1024;

export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  program: string,
): Settings {
  const required = (name: string): string => {
    const value = env[name];
    if (!value)
      throw new SettingsError(`${name} is not set: an environment sets it for its runner.`);
    return value;
  };
  const count = (name: string, fallback: number): number => {
    const text = env[name];
    if (!text) return fallback;
    const value = Number(text);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new SettingsError(`${name} is ${JSON.stringify(text)}: it must be a positive number.`);
  };
  const directory = required("SLIPWAY_DIRECTORY");
  if (!directory.startsWith("/")) {
    throw new SettingsError(`SLIPWAY_DIRECTORY is "${directory}": it must be an absolute path.`);
  }
  return {
    url: required("SLIPWAY_URL").replace(/(?<!\/)\/+$/, ""),
    ticket: required("SLIPWAY_TICKET"),
    executor: readExecutor(required("SLIPWAY_EXECUTOR")),
    capacity: count("SLIPWAY_CAPACITY", 1),
    environmentId: required("SLIPWAY_ENVIRONMENT_ID"),
    directory: directory.replace(/(?<!\/)\/+$/, ""),
    dockerHost: env.DOCKER_HOST || "unix:///var/run/docker.sock",
    privileged: env.SLIPWAY_PRIVILEGED === "true" || env.SLIPWAY_PRIVILEGED === "1",
    extraHosts: (env.SLIPWAY_EXTRA_HOSTS ?? "").split(",").filter((entry) => entry !== ""),
    dockerClient: env.SLIPWAY_DOCKER_CLIENT || undefined,
    defaultImage: env.SLIPWAY_DEFAULT_IMAGE || "docker:stable",
    helperImage: env.SLIPWAY_HELPER_IMAGE || undefined,
    program,
    logLimitBytes: count("SLIPWAY_LOG_LIMIT", 64 * MEGABYTE),
    processLimit: count("SLIPWAY_PROCESS_LIMIT", 4096),
    graceMilliseconds: count("SLIPWAY_GRACE_SECONDS", 10) * 1_000,
    ...(env.SLIPWAY_ALLOW_METADATA === "true" && { allowMetadata: true }),
    // AWS CodeBuild User Guide, "Environment variables in build environments".
    ...(env.CODEBUILD_BUILD_ID && { ownMachine: true }),
  };
}

function readExecutor(name: string): ExecutorName {
  switch (name) {
    case "docker-in-docker":
    case "docker-socket":
    case "shell":
      return name;
    default:
      throw new SettingsError(
        `SLIPWAY_EXECUTOR is "${name}": it must be docker-in-docker, docker-socket or shell.`,
      );
  }
}
