import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Layer } from "./layer.ts";

/** What an image says about how to run it (OCI image configuration, `config`). */
export interface ImageSettings {
  readonly Env: readonly string[];
  readonly Cmd: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly Volumes?: Readonly<Record<string, Readonly<Record<string, never>>>>;
}

export interface StoredImage {
  /** Digest of the configuration, by which an engine knows the image. */
  readonly id: string;
  /** Digests of everything the image consists of. */
  readonly blobs: readonly string[];
}

/** Where a registry keeps its blobs below its root directory (Distribution, registry/storage/paths.go). */
export function blobPath(root: string, digest: string): string {
  const hex = digest.slice("sha256:".length);
  return join(root, "docker/registry/v2/blobs/sha256", hex.slice(0, 2), hex, "data");
}

/** Where a layer is written before its digest is known. */
export async function newBlob(root: string): Promise<string> {
  const path = join(root, "incoming", randomUUID());
  await mkdir(dirname(path), { recursive: true });
  return path;
}

/** Removes what a killed set-up left unfinished, and every blob that no current image consists of. */
export async function removeOtherBlobs(root: string, current: readonly string[]): Promise<void> {
  await rm(join(root, "incoming"), { recursive: true, force: true });
  const keep = new Set(current.map((digest) => dirname(blobPath(root, digest))));
  const home = join(root, "docker/registry/v2/blobs/sha256");
  for (const prefix of await readdir(home)) {
    for (const hex of await readdir(join(home, prefix))) {
      const blob = join(home, prefix, hex);
      if (!keep.has(blob)) {
        await rm(blob, { recursive: true, force: true });
      }
    }
  }
}

/** Moves a finished blob to where the registry looks for it. */
export async function keepBlob(root: string, file: string, digest: string): Promise<void> {
  await mkdir(dirname(blobPath(root, digest)), { recursive: true });
  await rename(file, blobPath(root, digest));
}

/**
 * Puts an image under one or more tags of a repository straight into a registry's storage, so that no
 * registry ever has to be writable. Content first, links last: a reader sees the old image or the new.
 */
export async function storeImage(
  root: string,
  repository: string,
  tags: readonly string[],
  layers: readonly Layer[],
  settings: ImageSettings,
): Promise<StoredImage> {
  const config = JSON.stringify({
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: settings,
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.digest) },
    history: layers.map(() => ({ created: "1970-01-01T00:00:00Z", created_by: "slipway set-up" })),
  });
  const id = digestOf(config);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.docker.distribution.manifest.v2+json",
    config: {
      mediaType: "application/vnd.docker.container.image.v1+json",
      size: Buffer.byteLength(config),
      digest: id,
    },
    layers: layers.map((layer) => ({
      mediaType: "application/vnd.docker.image.rootfs.diff.tar",
      size: layer.size,
      digest: layer.digest,
    })),
  });
  const manifestDigest = digestOf(manifest);
  await put(blobPath(root, id), config);
  await put(blobPath(root, manifestDigest), manifest);
  const home = join(root, "docker/registry/v2/repositories", repository);
  const hex = (digest: string) => digest.replace(":", "/");
  for (const digest of [id, ...layers.map((layer) => layer.digest)]) {
    await put(join(home, "_layers", hex(digest), "link"), digest);
  }
  await put(join(home, "_manifests/revisions", hex(manifestDigest), "link"), manifestDigest);
  for (const tag of tags) {
    const tagHome = join(home, "_manifests/tags", tag);
    await put(join(tagHome, "index", hex(manifestDigest), "link"), manifestDigest);
    await put(join(tagHome, "current/link"), manifestDigest);
  }
  return { id, blobs: [id, manifestDigest, ...layers.map((layer) => layer.digest)] };
}

function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}.new`;
  await writeFile(fresh, text);
  await rename(fresh, path);
}
