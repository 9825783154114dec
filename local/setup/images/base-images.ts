import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { machineLacks } from "../capabilities.ts";
import { imagesByTag, pullImage, tagImage, untagImage } from "./engine-images.ts";
import { fingerprint } from "./image-files.ts";
import {
  busyboxEntries,
  dockerEntries,
  engineEntries,
  imageSources,
  PATH_IN_IMAGES,
  RECIPE_VERSION,
} from "./image-recipes.ts";
import { keepBlob, newBlob, removeOtherBlobs, storeImage } from "./image-store.ts";
import { type Layer, type LayerEntry, writeLayer } from "./layer.ts";
import { MIRROR_PORT, mirrorRoot } from "./mirror.ts";

const CLIENT_TAGS = ["latest", "stable", "git", "cli", "19.03.12", "19.03.13", "20.10", "24"];
const MORE_CLIENT_TAGS = ["24-git", "25", "26", "27", "28"];
const DIND_VERSIONS = ["stable", "19.03.12", "19.03.13", "20.10", "24", "25", "26", "27", "28"];

/** The base images that stand in for Docker Hub's, by repository and tag. */
export const BASE_IMAGES = {
  busybox: ["latest", "1", "stable"],
  docker: [...CLIENT_TAGS, ...MORE_CLIENT_TAGS],
  dind: ["dind", ...DIND_VERSIONS.map((version) => `${version}-dind`)],
} as const;

/** What was made, and from what; kept beside the mirror. */
interface Made {
  readonly key: string;
  readonly busybox: string;
  readonly docker: string;
  readonly dind: string;
}

/** Changes when the files of this machine that the images are made of change. */
export async function baseImagesKey(client: string, busybox: string): Promise<string> {
  const parts = [
    String(RECIPE_VERSION),
    (await machineLacks()).join(),
    await fingerprint(await imageSources(client, busybox)),
    JSON.stringify(BASE_IMAGES),
  ];
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 16);
}

/** Whether mirror and engine hold the images of this key under all their names. */
export async function baseImagesAreThere(
  socket: string,
  stateDirectory: string,
  key: string,
): Promise<boolean> {
  const made = await readMade(stateDirectory);
  if (made?.key !== key) {
    return false;
  }
  const present = await imagesByTag(socket);
  return Object.entries(idsByTag(made)).every(([tag, id]) => present.get(tag) === id);
}

/** Makes the images from this machine's own files and puts them into the mirror's storage. */
export async function makeBaseImages(
  stateDirectory: string,
  client: string,
  busybox: string,
): Promise<void> {
  const root = mirrorRoot(stateDirectory);
  const key = await baseImagesKey(client, busybox);
  const layer = (entries: readonly LayerEntry[]) => makeLayer(root, entries);
  const [small, docker, engine] = await Promise.all([
    busyboxEntries(busybox).then(layer),
    dockerEntries(client, busybox).then(layer),
    engineEntries().then(layer),
  ]);
  const Labels = { "slipway.made-from": "this machine's own files" };
  const Env = [`PATH=${PATH_IN_IMAGES}`];
  const dockerEnv = [...Env, "DOCKER_TLS_CERTDIR=/certs"];
  const images = {
    busybox: await storeImage(root, "library/busybox", BASE_IMAGES.busybox, [small], {
      Env,
      Cmd: ["sh"],
      Labels,
    }),
    docker: await storeImage(root, "library/docker", BASE_IMAGES.docker, [docker], {
      Env: dockerEnv,
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["sh"],
      Labels,
    }),
    dind: await storeImage(root, "library/docker", BASE_IMAGES.dind, [docker, engine], {
      Env: dockerEnv,
      Entrypoint: ["dockerd-entrypoint.sh"],
      Cmd: [],
      Labels,
      Volumes: { "/var/lib/docker": {} },
    }),
  };
  const made: Made = {
    key,
    busybox: images.busybox.id,
    docker: images.docker.id,
    dind: images.dind.id,
  };
  await writeFile(madeFile(stateDirectory), `${JSON.stringify(made, undefined, 2)}\n`);
  await removeOtherBlobs(
    root,
    Object.values(images).flatMap((image) => image.blobs),
  );
}

/** Brings the mirror's images into the engine under all their names. */
export async function loadBaseImages(socket: string, stateDirectory: string): Promise<void> {
  const made = await readMade(stateDirectory);
  if (!made) {
    return;
  }
  const from = `127.0.0.1:${MIRROR_PORT}/library`;
  for (const [repository, tag] of [
    ["busybox", "latest"],
    ["docker", "latest"],
    ["docker", "dind"],
  ] as const) {
    await pullImage(socket, `${from}/${repository}`, tag);
  }
  for (const [tag, id] of Object.entries(idsByTag(made))) {
    await tagImage(socket, id, tag);
  }
  for (const name of ["busybox:latest", "docker:latest", "docker:dind"]) {
    await untagImage(socket, `${from}/${name}`);
  }
}

/** The id of the engine with everything around it, once the images are made. */
export async function madeEngineImage(stateDirectory: string): Promise<string | undefined> {
  return (await readMade(stateDirectory))?.dind;
}

function idsByTag(made: Made): Record<string, string> {
  const named = (repository: string, tags: readonly string[], id: string) =>
    tags.map((tag): [string, string] => [`${repository}:${tag}`, id]);
  return Object.fromEntries([
    ...named("busybox", BASE_IMAGES.busybox, made.busybox),
    ...named("docker", BASE_IMAGES.docker, made.docker),
    ...named("docker", BASE_IMAGES.dind, made.dind),
  ]);
}

async function makeLayer(root: string, entries: readonly LayerEntry[]): Promise<Layer> {
  const file = await newBlob(root);
  const layer = await writeLayer(file, entries);
  await keepBlob(root, file, layer.digest);
  return layer;
}

function madeFile(stateDirectory: string): string {
  return join(stateDirectory, "base-images.json");
}

async function readMade(stateDirectory: string): Promise<Made | undefined> {
  try {
    const made: Partial<Made> = JSON.parse(await readFile(madeFile(stateDirectory), "utf8"));
    const { key, busybox, docker, dind } = made;
    return key && busybox && docker && dind ? { key, busybox, docker, dind } : undefined;
  } catch {
    return undefined;
  }
}
