import { statfs } from "node:fs/promises";
import { machineLacks } from "../setup/capabilities.ts";
import { lastLines, run } from "../setup/command.ts";
import { findDockerClient } from "../setup/engine/docker-client.ts";
import { findEngine } from "../setup/engine/engine.ts";
import { type EngineFacts, readEngine } from "../setup/engine/engine-facts.ts";
import { RUNTIME_NAME } from "../setup/engine/engine-runtime.ts";
import { machineMetadataIsClosed } from "../setup/engine/machine-metadata.ts";
import { imagesByTag } from "../setup/images/engine-images.ts";
import { findMirror } from "../setup/images/mirror.ts";
import { rememberedEngineImage } from "../setup/machine-file.ts";
import { SetupProblem } from "../setup/problem.ts";
import { found, missing, type Requirement, SETUP, warning } from "../setup/requirement.ts";
import { stateDirectory } from "../setup/state-directory.ts";

/** Everything about the engine: itself, privileged containers, images, the disk it writes to. */
export async function inspectEngine(online: Promise<boolean>): Promise<Requirement[]> {
  let socket: string | undefined;
  try {
    socket = await findEngine();
  } catch (error) {
    if (!(error instanceof SetupProblem)) {
      throw error;
    }
    return [missing("Docker Engine", error.message, error.howToGet)];
  }
  if (!socket) {
    return [
      missing(
        "Docker Engine",
        `none answers at ${process.env.DOCKER_HOST ?? "/var/run/docker.sock"}, or this user may not use it`,
        `${SETUP}   (as root; or: sudo systemctl start docker; sudo usermod -aG docker $USER)`,
      ),
    ];
  }
  try {
    const engine = await readEngine(socket);
    const image = await rememberedEngineImage(stateDirectory());
    const images = await imagesByTag(socket);
    const present = image !== undefined && images.has(image) ? image : undefined;
    return [
      describeEngine(engine, socket),
      await inspectPrivileged(socket, engine, present),
      present
        ? found("Engine image", present)
        : missing("Engine image", "docker-in-docker jobs have no environment", SETUP),
      await inspectBaseImages(await online, engine, images),
      await inspectMetadata(socket, present),
      await inspectDisk(engine.rootDirectory),
    ];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [
      missing("Docker Engine", `answers at ${socket}, but not as it should: ${message}`, SETUP),
    ];
  }
}

/** Storage drivers that copy whole layers make every job slow. */
export function describeEngine(engine: EngineFacts, socket: string): Requirement {
  const detail = `${engine.version} (${engine.storageDriver}) at ${socket}`;
  if (engine.rootless) {
    return warning(
      "Docker Engine",
      `${detail}, rootless: docker-in-docker jobs cannot run, docker-socket and shell jobs can`,
      "Run an engine as root: https://docs.docker.com/engine/install/",
    );
  }
  return engine.storageDriver === "vfs"
    ? warning(
        "Docker Engine",
        `${detail}: vfs copies every layer whole`,
        'Set "storage-driver": "overlay2" in /etc/docker/daemon.json and restart the engine',
      )
    : found("Docker Engine", detail);
}

async function inspectPrivileged(
  socket: string,
  engine: EngineFacts,
  image: string | undefined,
): Promise<Requirement> {
  const name = "Privileged containers";
  const client = await findDockerClient();
  if (!image || !client) {
    return warning(name, "not tried: the engine image or a client is missing", SETUP);
  }
  const lacking = await machineLacks();
  const runtime = engine.runtimes.includes(RUNTIME_NAME) ? ["--runtime", RUNTIME_NAME] : [];
  const { code, stderr } = await run(
    client.path,
    ["run", "--rm", "--privileged", "--network=none", ...runtime, "--entrypoint=true", image],
    { env: { DOCKER_HOST: `unix://${socket}` }, timeLimit: 20_000 },
  );
  if (code === 0) {
    return found(
      name,
      lacking.length > 0 ? `work, without ${lacking.join(", ")}, which this machine lacks` : "work",
    );
  }
  const why = lastLines(stderr, 2);
  return lacking.length > 0
    ? missing(
        name,
        `fail, because this machine lacks ${lacking.join(", ")}: ${why}`,
        `Stop this engine and run ${SETUP}, which starts one that knows how to do without`,
      )
    : missing(name, `fail: ${why}`, "docker run --rm --privileged busybox true   says more");
}

async function inspectMetadata(
  dockerSocket: string,
  engineImage: string | undefined,
): Promise<Requirement> {
  const name = "Cloud metadata";
  const client = await findDockerClient();
  if (!engineImage || !client) {
    return warning(name, "not looked at: the engine image or a client is missing", SETUP);
  }
  const place = { dockerSocket, dockerClient: client.path, engineImage };
  return (await machineMetadataIsClosed(place, { bridge: false }))
    ? found(name, "closed to jobs in Slipway's networks (169.254.169.254 and its like)")
    : warning(
        name,
        "in reach of jobs on this engine: 169.254.169.254 gives out the machine's credentials in a cloud",
        "slipway up closes it; where its log says that it cannot, ask for IMDSv2 with a hop limit of 1",
      );
}

async function inspectBaseImages(
  online: boolean,
  engine: EngineFacts,
  images: ReadonlyMap<string, string>,
): Promise<Requirement> {
  const name = "Base images";
  if (online) {
    return found(name, "Docker Hub answers");
  }
  const mirror = await findMirror(engine.gateway);
  if (!mirror) {
    return missing(name, "Docker Hub is out of reach, and no mirror stands in for it", SETUP);
  }
  if (!engine.mirrors.some((url) => url.startsWith(mirror.onHost))) {
    return warning(
      name,
      `the engine was not started by set-up and does not ask ${mirror.onHost}: \`docker build --pull\` fails`,
      `Add "registry-mirrors": ["${mirror.onHost}"] to /etc/docker/daemon.json and restart the engine`,
    );
  }
  return images.has("docker:latest") && images.has("busybox:latest")
    ? found(
        name,
        `Docker Hub is out of reach; ${mirror.onHost} serves busybox and docker, made from this machine's own files`,
      )
    : warning(name, "the mirror answers, but the engine lacks its images", SETUP);
}

async function inspectDisk(directory: string): Promise<Requirement> {
  const name = "Disk space";
  try {
    const { bavail, bsize } = await statfs(directory);
    return describeDisk(name, directory, bavail * bsize);
  } catch {
    return found(name, `unknown: ${directory} cannot be looked at from here`);
  }
}

/** An engine needs a few gigabytes for one pipeline, and every job fails without any. */
export function describeDisk(name: string, directory: string, bytes: number): Requirement {
  const detail = `${(bytes / 2 ** 30).toFixed(1)} GiB free at ${directory}`;
  const howToGet = "docker system prune   (removes what no container uses)";
  if (bytes < 2 ** 30) {
    return missing(name, detail, howToGet);
  }
  return bytes < 5 * 2 ** 30 ? warning(name, detail, howToGet) : found(name, detail);
}
