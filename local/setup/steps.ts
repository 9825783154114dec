import { findDockerClient } from "./engine/docker-client.ts";
import { engineFiles, findEngine, startEngine, useMirror } from "./engine/engine.ts";
import { readEngine } from "./engine/engine-facts.ts";
import { addRegistryName, REGISTRY_NAME, registryNameResolves } from "./host-name.ts";
import {
  baseImagesAreThere,
  baseImagesKey,
  loadBaseImages,
  madeEngineImage,
  makeBaseImages,
} from "./images/base-images.ts";
import {
  buildEngineImage,
  engineImageName,
  hubRecipeHash,
  nameEngineImage,
} from "./images/engine-image.ts";
import { imagesByTag } from "./images/engine-images.ts";
import { findMirror, hostMirror, startMirror } from "./images/mirror.ts";
import { rememberEngineImage } from "./machine-file.ts";
import { installPackages, packagesToInstall } from "./packages.ts";
import { SetupProblem } from "./problem.ts";
import { findProgram } from "./programs.ts";
import {
  findRegistry,
  findStaticBusybox,
  takeBusybox,
  takeRegistry,
} from "./stand-alone-programs.ts";

/*
 * The steps of set-up. Each does its thing only if it is needed and gives the words for what it did;
 * undefined when nothing was to do.
 */

export async function ensurePackages(): Promise<string | undefined> {
  const missing = packagesToInstall({
    engineAnswers: (await findEngine()) !== undefined,
    dockerd: (await findProgram("dockerd")) !== undefined,
    client: (await findDockerClient()) !== undefined,
    git: (await findProgram("git")) !== undefined,
    iptables: (await findProgram("iptables")) !== undefined,
    openssl: (await findProgram("openssl")) !== undefined,
  });
  if (missing.length === 0) {
    return undefined;
  }
  await installPackages(missing);
  return `installed ${missing.join(", ")} by apt-get`;
}

export async function ensureRegistry(stateDirectory: string): Promise<string | undefined> {
  if (await findRegistry(stateDirectory)) {
    return undefined;
  }
  const path = await takeRegistry(stateDirectory);
  return `took CNCF Distribution from Debian's docker-registry, without its service, to ${path}`;
}

export async function ensureEngine(
  stateDirectory: string,
  online: boolean,
): Promise<string | undefined> {
  if (await findEngine()) {
    return undefined;
  }
  const socket = await startEngine(stateDirectory, online ? undefined : hostMirror);
  const { version, storageDriver, defaultRuntime } = await readEngine(socket);
  const runtime = defaultRuntime === "runc" ? "" : `, runtime ${defaultRuntime}`;
  return `started Docker ${version} (${storageDriver}${runtime}) at ${socket}; log: ${engineFiles(stateDirectory).log}`;
}

export async function requireEngine(): Promise<string> {
  const socket = await findEngine();
  if (!socket) {
    throw new SetupProblem(
      "The Docker Engine answered a moment ago and does not any more.",
      "Start it, then run the set-up again.",
    );
  }
  return socket;
}

export async function ensureBusybox(stateDirectory: string): Promise<string | undefined> {
  if (await findStaticBusybox(stateDirectory)) {
    return undefined;
  }
  return `took busybox-static from Debian's package to ${await takeBusybox(stateDirectory)}`;
}

export async function ensureMirror(
  stateDirectory: string,
  gateway: string,
): Promise<string | undefined> {
  const running = await findMirror(gateway);
  const registry = await findRegistry(stateDirectory);
  if (!running && registry) {
    await startMirror(registry, stateDirectory, gateway);
  }
  const known = await useMirror(stateDirectory, hostMirror);
  if (running && known) {
    return undefined;
  }
  const late = known ? "" : "; BuildKit's `--pull` sees it after the next start of the engine";
  return `serves base images at ${hostMirror}, because Docker Hub is out of reach${late}`;
}

export async function ensureBaseImages(
  socket: string,
  client: string,
  stateDirectory: string,
): Promise<string | undefined> {
  const busybox = await findStaticBusybox(stateDirectory);
  if (!busybox) {
    return undefined;
  }
  const key = await baseImagesKey(client, busybox);
  const there = await baseImagesAreThere(socket, stateDirectory, key);
  if (!there) {
    await makeBaseImages(stateDirectory, client, busybox);
    await loadBaseImages(socket, stateDirectory);
  }
  const id = await madeEngineImage(stateDirectory);
  const named = id !== undefined && (await nameEngineImage(socket, id, key));
  await rememberEngineImage(stateDirectory, engineImageName(key));
  return there && !named
    ? undefined
    : "made busybox, docker, docker:dind and slipway/engine from this machine's own files";
}

export async function ensureHubEngineImage(
  socket: string,
  client: string,
  stateDirectory: string,
): Promise<string | undefined> {
  const hash = await hubRecipeHash();
  const name = engineImageName(hash);
  if ((await imagesByTag(socket)).has(name)) {
    await rememberEngineImage(stateDirectory, name);
    return undefined;
  }
  await buildEngineImage(socket, client, hash);
  await rememberEngineImage(stateDirectory, name);
  return `built ${name} from Docker Hub's docker:dind`;
}

export async function ensureName(): Promise<string | undefined> {
  if (await registryNameResolves()) {
    return undefined;
  }
  return (await addRegistryName())
    ? `added "127.0.0.1 ${REGISTRY_NAME}" to /etc/hosts: the registry's name`
    : undefined;
}
