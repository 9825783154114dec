import { spawn } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { engineClient } from "#engine/client.ts";
import { BuildspecError, parseBuildspec } from "../buildspec/buildspec.ts";
import {
  type EnvironmentObservation,
  type EnvironmentProvider,
  type EnvironmentSpec,
  EnvironmentStartError,
} from "../environment.ts";
import {
  environmentVariables,
  isEnvironmentId,
  requireEnvironmentId,
} from "../environment-variables.ts";
import {
  hostFiles,
  lastOutput,
  lifetimeSeconds,
  listHostIds,
  modifiedAt,
  readExit,
  readFacts,
  readProcess,
  writeHostFiles,
} from "./files.ts";
import { limitProcesses } from "./process-limit.ts";
import { isRunning } from "./processes.ts";
import { stopOnHost } from "./stop.ts";

export type HostEnvironmentsOptions = {
  /** Absolute; one directory per environment is made in it. Keep it short: sockets live below it. */
  readonly directory: string;
  /** The folder of the buildspecs, `<executor>.yml`. */
  readonly buildspecs: string;
  /** Path of the bundled runner. */
  readonly runner: string;
  /** `unix:///PATH` or `tcp://HOST:PORT` of this machine's engine. */
  readonly dockerHost: string;
  readonly dockerClient?: string;
  /** `NAME:ADDRESS`, for the containers of jobs. */
  readonly extraHosts?: readonly string[];
  /** Processes and threads of one environment on this machine, its containers not counted. */
  readonly processLimit?: number;
  /** How long a runner may take to clean up when it is stopped. */
  readonly graceSeconds?: number;
  /** An image with node and git, in which git and archives of jobs in containers are run. */
  readonly helperImage?: string;
};

/** A script that has not begun after this time never will. */
const START_PATIENCE_MS = 30_000;

/** What a shell job may see of the service's own variables. */
const INHERITED = [
  "HOME",
  "USER",
  "LOGNAME",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "TZ",
  "TMPDIR",
  "XDG_RUNTIME_DIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
];

/**
 * Environments that are processes of this machine and use its engine: `docker-socket`, `shell`, and
 * jobs of `docker-in-docker` that need no engine (`privileged: false`), whose containers are plain
 * ones of this machine's engine. They go on when the service dies, and are found again by their files.
 */
export function hostEnvironments(options: HostEnvironmentsOptions): EnvironmentProvider {
  const docker = engineClient(options.dockerHost);

  const start = async (spec: EnvironmentSpec) => {
    requireEnvironmentId(spec.id);
    if (spec.executor === "docker-in-docker" && spec.privileged) {
      throw new EnvironmentStartError(
        "A privileged docker-in-docker job needs an engine container.",
        {
          permanent: true,
        },
      );
    }
    const files = hostFiles(options.directory, spec.id);
    const handle = `host:${spec.id}`;
    if (await readProcess(files)) {
      return { handle };
    }
    const file = join(options.buildspecs, `${spec.executor}.yml`);
    const limit = options.processLimit ?? 4096;
    const [text, limitDirectory] = await Promise.all([
      readFile(file, "utf8"),
      limitProcesses(spec.id, limit),
    ]);
    const buildspec = parseBuildspec(text, file);
    const { executor, timeoutSeconds } = spec;
    await writeHostFiles(files, { executor, timeoutSeconds }, buildspec, limitDirectory);
    const output = await open(files.output, "a", 0o600);
    try {
      const variables = environmentVariables(spec, {
        runner: options.runner,
        directory: files.work,
        dockerHost: options.dockerHost,
        extraHosts: options.extraHosts ?? [],
        ...(options.helperImage ? { helperImage: options.helperImage } : {}),
        ...(options.dockerClient ? { dockerClient: options.dockerClient } : {}),
      });
      const shell = buildspec.shell === "bash" ? ["bash", "--norc"] : ["sh"];
      const words = ["--kill-after=30", String(timeoutSeconds), ...shell, files.script];
      const child = spawn("timeout", words, {
        cwd: files.root,
        detached: true,
        stdio: ["ignore", output.fd, output.fd],
        env: { ...inherited(options.extraHosts ?? []), ...variables, SLIPWAY_TICKET: spec.ticket },
      });
      await new Promise<void>((resolve, reject) => {
        child.once("spawn", resolve);
        child.once("error", reject);
      });
      child.unref();
    } finally {
      await output.close();
    }
    return { handle };
  };

  const observeOne = async (id: string): Promise<EnvironmentObservation> => {
    const files = hostFiles(options.directory, id);
    const handle = `host:${id}`;
    const process = await readProcess(files);
    if (process === undefined) {
      const begun = await modifiedAt(files);
      return begun !== undefined && Date.now() - begun < START_PATIENCE_MS
        ? { state: "starting", handle }
        : { state: "unknown" };
    }
    const runs = await isRunning(process);
    const exit = await readExit(files);
    if (runs && exit === undefined) {
      return { state: "running", handle };
    }
    if (exit === 0) {
      return { state: "ended" };
    }
    const facts = await readFacts(files);
    const seconds = await lifetimeSeconds(files, Date.now());
    if (facts && seconds >= facts.timeoutSeconds) {
      return { state: "ended", problem: `It ran longer than its ${facts.timeoutSeconds} seconds.` };
    }
    const said = await lastOutput(files);
    const what =
      exit === undefined
        ? "It ended without a word: killed, or the machine was restarted."
        : `It ended with exit status ${exit}.`;
    return { state: "ended", problem: said ? `${what} It said last:\n${said}` : what };
  };

  return {
    start: async (spec) => {
      try {
        return await start(spec);
      } catch (error) {
        if (error instanceof EnvironmentStartError) {
          throw error;
        }
        const reason = error instanceof Error ? error.message : String(error);
        throw new EnvironmentStartError(
          `No environment could be started on this machine: ${reason}`,
          {
            permanent: error instanceof BuildspecError,
            cause: error,
          },
        );
      }
    },
    observe: async (environments) => {
      const seen = environments.map(async ({ id }) => [id, await observeOne(id)] as const);
      return new Map(await Promise.all(seen));
    },
    stop: async ({ id }) => {
      if (isEnvironmentId(id)) {
        await stopOnHost(id, {
          files: hostFiles(options.directory, id),
          docker,
          graceMs: (options.graceSeconds ?? 10) * 1000,
        });
      }
    },
    list: async () => {
      const ids = await listHostIds(options.directory);
      return ids.map((id) => ({ id, handle: `host:${id}` }));
    },
  };
}

function inherited(extraHosts: readonly string[]): Record<string, string> {
  const kept = INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  // A proxy that the service's user has set leads away from this machine, on which the jobs' sources are.
  const own = extraHosts.flatMap((entry) => entry.split(":", 2));
  for (const name of ["NO_PROXY", "no_proxy"]) {
    if (own.length > 0) kept.push([name, [process.env[name], ...own].filter(Boolean).join(",")]);
  }
  // The runner is made for the Node that runs the service.
  const path = [dirname(process.execPath), process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin"];
  return { ...Object.fromEntries(kept), PATH: path.join(":") };
}
