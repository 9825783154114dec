import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { engineClient } from "#engine/client.ts";
import { engineMessage, statusOf } from "#engine/error.ts";
import { ENGINE_LABEL } from "#engine/labels.ts";
import { tar } from "#engine/tar.ts";
import { BuildspecError, parseBuildspec } from "../buildspec/buildspec.ts";
import {
  type EnvironmentProvider,
  type EnvironmentSpec,
  EnvironmentStartError,
} from "../environment.ts";
import {
  environmentVariables,
  isEnvironmentId,
  requireEnvironmentId,
} from "../environment-variables.ts";
import { waitUntil } from "../wait-until.ts";
import { containerScript, ENTRY_FILES, entryScript } from "./entry.ts";
import { observeEngineContainers } from "./observe.ts";

export type EngineContainersOptions = {
  /** The engine that runs the containers: `unix:///PATH` or `tcp://HOST:PORT`. */
  readonly dockerHost: string;
  /** Has bash, git, Node, iptables, and an engine with all its programs. */
  readonly image: string;
  /** The folder of the buildspecs, `<executor>.yml`. */
  readonly buildspecs: string;
  /** Path of the bundled runner on this machine. */
  readonly runner: string;
  /** An OCI runtime of the engine, where its default one cannot start privileged containers. */
  readonly runtime?: string;
  /** `NAME:ADDRESS`, for the environment and for the containers of its jobs. */
  readonly extraHosts?: readonly string[];
  readonly registryMirrors?: readonly string[];
  /** `HOST:PORT` of registries without TLS. */
  readonly insecureRegistries?: readonly string[];
  /** Memory of a whole environment that names none itself; none: the machine's. */
  readonly memoryBytes?: number;
};

const DOCKER_SOCKET = "unix:///var/run/docker.sock";
/** Processes and threads of a whole environment, its containers included. */
const PROCESS_LIMIT = 16_384;

/**
 * `docker-in-docker`: each environment is a privileged container with an engine of its own, whose
 * images and containers are on an anonymous volume and end with it. Nothing of the machine is
 * mounted: the files come by archive, so the engine may be another machine's.
 */
export function engineContainers(options: EngineContainersOptions): EnvironmentProvider {
  const docker = engineClient(options.dockerHost);

  const start = async (spec: EnvironmentSpec): Promise<void> => {
    requireEnvironmentId(spec.id);
    if (spec.executor !== "docker-in-docker" || !spec.privileged) {
      throw new EnvironmentStartError(
        `An engine container runs privileged docker-in-docker jobs only, not ${spec.privileged ? "privileged" : "unprivileged"} ${spec.executor}.`,
        { permanent: true },
      );
    }
    const file = join(options.buildspecs, `${spec.executor}.yml`);
    const [buildspec, runner] = await Promise.all([
      readFile(file, "utf8").then((text) => parseBuildspec(text, file)),
      readFile(options.runner),
    ]);
    const container = await createOrAdopt(docker, containerOptions(spec, options));
    if (container === undefined) {
      return;
    }
    const engine = {
      "storage-driver": "overlay2",
      "registry-mirrors": options.registryMirrors ?? [],
      "insecure-registries": options.insecureRegistries ?? [],
    };
    const archive = tar(
      [
        { path: ENTRY_FILES.entry, content: entryScript(spec.timeoutSeconds, spec), mode: 0o755 },
        { path: ENTRY_FILES.buildspec, content: containerScript(buildspec), mode: 0o644 },
        { path: ENTRY_FILES.runner, content: runner, mode: 0o644 },
        // By file, because the engine keeps a container's variables in a file for as long as it lives.
        { path: ENTRY_FILES.ticket, content: spec.ticket, mode: 0o600 },
        { path: ENTRY_FILES.engine, content: JSON.stringify(engine), mode: 0o644 },
      ],
      Date.now(),
    );
    try {
      await container.putArchive(archive, { path: "/" });
      await container.start();
    } catch (error) {
      if (statusOf(error) === 304) {
        return;
      }
      await container.remove({ force: true, v: true }).catch(() => {});
      throw error;
    }
  };

  return {
    start: async (spec) => {
      try {
        await start(spec);
        return { handle: `container:${containerName(spec.id)}` };
      } catch (error) {
        throw error instanceof EnvironmentStartError ? error : startError(error, options);
      }
    },
    observe: (environments) =>
      observeEngineContainers(
        docker,
        environments.map(({ id }) => id),
      ),
    stop: async ({ id }) => {
      if (isEnvironmentId(id)) {
        await remove(docker.getContainer(containerName(id)));
      }
    },
    list: async () => {
      const found = await docker.listContainers({ all: true, filters: { label: [ENGINE_LABEL] } });
      return found.flatMap(({ Labels }) => {
        const id = Labels[ENGINE_LABEL];
        return id ? [{ id, handle: `container:${containerName(id)}` }] : [];
      });
    },
  };
}

function containerName(id: string): string {
  return `slipway-${id}`;
}

function containerOptions(
  spec: EnvironmentSpec,
  options: EngineContainersOptions,
): Docker.ContainerCreateOptions {
  const variables = environmentVariables(spec, {
    runner: `/${ENTRY_FILES.runner}`,
    directory: "/slipway/work",
    dockerHost: DOCKER_SOCKET,
    extraHosts: options.extraHosts ?? [],
  });
  const memoryBytes = spec.memoryBytes ?? options.memoryBytes;
  return {
    name: containerName(spec.id),
    Image: options.image,
    Hostname: "slipway",
    Entrypoint: ["/bin/bash", `/${ENTRY_FILES.entry}`],
    Cmd: [],
    WorkingDir: "/",
    Env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    Labels: { [ENGINE_LABEL]: spec.id },
    // overlay2 does not work on top of a container's own overlay.
    Volumes: { "/var/lib/docker": {} },
    HostConfig: {
      Privileged: true,
      PidsLimit: PROCESS_LIMIT,
      ExtraHosts: [...(options.extraHosts ?? [])],
      LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
      ...(options.runtime ? { Runtime: options.runtime } : {}),
      ...(memoryBytes ? { Memory: memoryBytes, MemorySwap: memoryBytes } : {}),
    },
  };
}

/** The new container, or one that an earlier try left unstarted; undefined when it was started before. */
async function createOrAdopt(
  docker: Docker,
  options: Docker.ContainerCreateOptions,
): Promise<Docker.Container | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await docker.createContainer(options);
    } catch (error) {
      if (statusOf(error) !== 409) {
        throw error;
      }
    }
    try {
      const container = docker.getContainer(options.name ?? "");
      return (await container.inspect()).State.Status === "created" ? container : undefined;
    } catch (error) {
      // The name is taken before there is a container to be seen, and given back if none comes.
      if (statusOf(error) !== 404 || tries === 100) {
        throw error;
      }
      await sleep(20);
    }
  }
}

async function remove(container: Docker.Container): Promise<void> {
  let refused: unknown;
  const gone = await waitUntil(async () => {
    try {
      await container.remove({ force: true, v: true });
      return false;
    } catch (error) {
      if (statusOf(error) === undefined) {
        throw error;
      }
      // 409: somebody else removes it at this moment.
      refused = error;
      return statusOf(error) === 404;
    }
  }, 30_000);
  if (!gone) {
    throw new Error(`The engine does not remove ${container.id}: ${engineMessage(refused)}`);
  }
}

function startError(error: unknown, options: EngineContainersOptions): EnvironmentStartError {
  const said = engineMessage(error);
  const status = statusOf(error);
  const hint =
    status === 404 && /no such image/i.test(said)
      ? ` Make the image ${options.image} by the set-up, or name another one.`
      : /apply caps|unknown.{0,200}runtime/i.test(said)
        ? " Privileged containers need another OCI runtime on this machine: run the set-up again."
        : "";
  const permanent = hint !== "" || status === 400 || error instanceof BuildspecError;
  return new EnvironmentStartError(`No engine container could be started: ${said}.${hint}`, {
    permanent,
    cause: error,
  });
}
