import { join } from "node:path";
import { type DockerClient, findDockerClient } from "./engine/docker-client.ts";
import { findEngine } from "./engine/engine.ts";
import { readEngine } from "./engine/engine-facts.ts";
import { RUNTIME_NAME } from "./engine/engine-runtime.ts";
import { REGISTRY_NAME, registryNameResolves } from "./host-name.ts";
import { dockerHubAnswers } from "./images/docker-hub.ts";
import { imagesByTag } from "./images/engine-images.ts";
import { findMirror, type Mirror, stopMirror } from "./images/mirror.ts";
import { withLock } from "./lock.ts";
import { rememberedEngineImage } from "./machine-file.ts";
import { SetupProblem } from "./problem.ts";
import { SETUP } from "./requirement.ts";
import { findRegistry } from "./stand-alone-programs.ts";
import { stateDirectory as chosenStateDirectory, makeStateDirectory } from "./state-directory.ts";
import {
  ensureBaseImages,
  ensureBusybox,
  ensureEngine,
  ensureHubEngineImage,
  ensureMirror,
  ensureName,
  ensurePackages,
  ensureRegistry,
  requireEngine,
} from "./steps.ts";

/** A machine that can run Slipway's jobs. */
export interface Machine {
  readonly dockerSocket: string;
  /** A client that can `DOCKER_BUILDKIT=1 docker build`; not always the first on PATH. */
  readonly dockerClient: string;
  /** The image of docker-in-docker environments. */
  readonly engineImage: string;
  /** The runtime that privileged containers need here; absent where the engine's own will do. */
  readonly runtime?: string;
  /** Base URLs of the base images' mirror; absent where Docker Hub is within reach. */
  readonly mirror?: Mirror;
  /** Where containers reach this machine. */
  readonly gatewayAddress: string;
  /** The registry's host name, without port: what image names carry here and inside containers. */
  readonly registryHost: string;
  readonly registryBinary: string;
}

const HOW = `Run the set-up: ${SETUP}`;

/**
 * Finds what set-up made or found, without changing anything.
 * @throws SetupProblem naming the first thing that is missing.
 */
export async function findMachine(): Promise<Machine> {
  const stateDirectory = chosenStateDirectory();
  const [dockerSocket, client, registryBinary, nameResolves, engineImage] = await Promise.all([
    findEngine(),
    findDockerClient(),
    findRegistry(stateDirectory),
    registryNameResolves(),
    rememberedEngineImage(stateDirectory),
  ]);
  if (!dockerSocket) {
    throw new SetupProblem("No Docker Engine answers on this machine.", HOW);
  }
  const dockerClient = requireClient(client).path;
  if (!registryBinary) {
    throw new SetupProblem("There is no registry program (CNCF Distribution).", HOW);
  }
  const [engine, images] = await Promise.all([readEngine(dockerSocket), imagesByTag(dockerSocket)]);
  if (!engineImage || !images.has(engineImage)) {
    throw new SetupProblem("The image of docker-in-docker environments is missing.", HOW);
  }
  const gatewayAddress = requireGateway(engine.gateway);
  const mirror = await findMirror(gatewayAddress);
  return {
    dockerSocket,
    dockerClient,
    engineImage,
    ...(engine.runtimes.includes(RUNTIME_NAME) ? { runtime: RUNTIME_NAME } : {}),
    ...(mirror ? { mirror } : {}),
    gatewayAddress,
    registryHost: nameResolves ? REGISTRY_NAME : "localhost",
    registryBinary,
  };
}

/**
 * Makes the machine ready and says each thing it did; silent when nothing was to do. Safe to repeat and
 * to run twice at once. Leaves engines, images and services that it did not start as they are.
 * @throws SetupProblem for what it cannot get, with how to get it by hand.
 */
export async function ensureMachine(say: (line: string) => void): Promise<Machine> {
  const stateDirectory = await makeStateDirectory();
  const waiting = (holder: number) =>
    say(`  waiting for another set-up on this machine (process ${holder})`);
  return withLock(join(stateDirectory, "setup.lock"), () => prepare(stateDirectory, say), waiting);
}

async function prepare(stateDirectory: string, say: (line: string) => void): Promise<Machine> {
  const step = async (name: string, work: () => Promise<string | undefined>) => {
    const began = Date.now();
    const done = await work();
    if (done) {
      say(`  ${name.padEnd(12)} ${done} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    }
  };
  const online = await dockerHubAnswers(stateDirectory);
  await step("packages", ensurePackages);
  await step("registry", () => ensureRegistry(stateDirectory));
  await step("engine", () => ensureEngine(stateDirectory, online));
  const socket = await requireEngine();
  const { gateway } = await readEngine(socket);
  const client = requireClient(await findDockerClient()).path;
  if (online) {
    await step("mirror", () => stopMirror(stateDirectory));
    await step("engine image", () => ensureHubEngineImage(socket, client, stateDirectory));
  } else {
    await step("busybox", () => ensureBusybox(stateDirectory));
    await step("mirror", () => ensureMirror(stateDirectory, requireGateway(gateway)));
    await step("base images", () => ensureBaseImages(socket, client, stateDirectory));
  }
  await step("name", ensureName);
  return findMachine();
}

/** Fails with words where no client can build. */
function requireClient(client: DockerClient | undefined): DockerClient {
  if (!client) {
    throw new SetupProblem(
      "No `docker` on PATH can build with BuildKit: clients from 23 on need the buildx plugin for it.",
      "Install buildx (https://docs.docker.com/build/install-buildx/) or a Docker 20.10 client (Debian: apt-get install docker.io).",
    );
  }
  return client;
}

/** Fails with words where containers have no way to reach the machine. */
function requireGateway(gateway: string): string {
  if (!gateway) {
    throw new SetupProblem(
      "The engine's default network has no gateway, so containers cannot reach this machine.",
      "Start the engine with its default bridge (without `bridge: none` in daemon.json).",
    );
  }
  return gateway;
}
