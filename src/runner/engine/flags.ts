import { parseEngineFlags } from "./parse-flags.ts";
import { reconfigureEngine } from "./reconfigure.ts";

export type EngineFlagsContext = {
  readonly executor: "docker-in-docker" | "docker-socket" | "shell";
  /** The environment's engine, whose pid file and configuration are on this machine. */
  readonly dockerHost: string;
  readonly pidFile?: string;
  readonly configFile?: string;
};

/**
 * Applies the `command:` of a `docker:*dind` service to the environment's own engine, before any
 * container of the job runs. Resolves to warnings for the job's log, one line each; a flag that
 * cannot be applied is a warning, never a failed job.
 */
export async function applyEngineFlags(
  flags: readonly string[],
  context: EngineFlagsContext,
): Promise<{ readonly warnings: readonly string[] }> {
  const parsed = parseEngineFlags(flags);
  const names = Object.keys(parsed.settings);
  if (names.length === 0) {
    return { warnings: parsed.warnings };
  }
  if (context.executor !== "docker-in-docker") {
    return {
      warnings: [
        ...parsed.warnings,
        `The service's ${names.map((name) => `--${name}`).join(", ")} changes nothing: with the executor ${context.executor} the engine is not the job's own. Set it on that engine, or use the executor docker-in-docker.`,
      ],
    };
  }
  const problem = await reconfigureEngine(parsed.settings, context);
  return { warnings: problem === undefined ? parsed.warnings : [...parsed.warnings, problem] };
}

export type DindPorts = {
  /** Port 2376, with client certificates at `certDirectory`/client in the job and its services. */
  readonly tls: boolean;
  /** Port 2375. */
  readonly plain: boolean;
  readonly certDirectory: string;
};

/**
 * On which ports a job expects the engine of its `docker:*dind` service. As the official image
 * decides: TLS unless DOCKER_TLS_CERTDIR is set to nothing (since 19.03 the image sets it to /certs),
 * with the plain port beside it where it was left unset. Only the plain port, without certificates, where
 * DOCKER_HOST or a flag asks for it, as files written for older images do.
 */
export function dindTlsWanted(
  variables: Readonly<Record<string, string | undefined>>,
  flags: readonly string[],
): DindPorts {
  const certDirectory = variables.DOCKER_TLS_CERTDIR;
  if (certDirectory === "") {
    return { tls: false, plain: true, certDirectory: "/certs" };
  }
  const asked =
    /:2375\/?$/.test(variables.DOCKER_HOST ?? "") ||
    flags.some((flag) => flag === "--tls=false" || flag.endsWith(":2375"));
  return {
    // The official client goes over to TLS on whatever port as soon as it finds certificates.
    tls: !asked,
    plain: certDirectory === undefined || asked,
    certDirectory: certDirectory?.replace(/(?<!\/)\/+$/, "") || "/certs",
  };
}
