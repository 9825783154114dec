import { randomUUID } from "node:crypto";
import { repositoryFor } from "#image/image-repository.ts";
import { distributionApi } from "./distribution-api.ts";
import { type Manifest, placeholderManifest, readManifestContent } from "./manifest.ts";
import { type ImageTag, type Registry, RegistryError } from "./registry.ts";
import type { RegistryKeys } from "./registry-keys.ts";
import { signRegistryToken } from "./token.ts";

/** Tags that are looked at side by side. */
const lookingAtOnce = 8;

const callMilliseconds = 30_000;

/** Lists may hold lists; no image needs more levels. */
const deepestList = 3;

/** CNCF Distribution, by its HTTP API and with tokens signed by the service itself. */
export function distributionRegistry(options: {
  /** `host[:port]` as image names carry it. */
  readonly host: string;
  /** Where its API is; the host over plain HTTP unless given. */
  readonly url?: string;
  readonly keys: RegistryKeys;
}): Registry {
  const api = distributionApi({
    url: options.url ?? `http://${options.host}`,
    timeoutMilliseconds: callMilliseconds,
    tokenFor: (access) =>
      signRegistryToken(options.keys, { subject: "slipway", access, now: Date.now() }),
  });

  async function sizeOf(
    repository: string,
    manifest: Manifest,
    depth: number,
  ): Promise<number | "deleted"> {
    const content = readManifestContent(manifest);
    if (content.kind === "deleted") return "deleted";
    if (content.kind === "image") return content.sizeBytes;
    let sizeBytes = manifest.bytes.byteLength;
    if (depth >= deepestList) return sizeBytes;
    for (const digest of new Set(content.digests)) {
      const child = await api.getManifest(repository, digest);
      // A list may name platforms that were never pushed here.
      const size = child === undefined ? 0 : await sizeOf(repository, child, depth + 1);
      sizeBytes += size === "deleted" ? 0 : size;
    }
    return sizeBytes;
  }

  async function lookAt(repository: string, name: string): Promise<ImageTag | undefined> {
    const manifest = await api.getManifest(repository, name);
    if (manifest === undefined) return undefined;
    const sizeBytes = await sizeOf(repository, manifest, 0);
    return sizeBytes === "deleted" ? undefined : { name, digest: manifest.digest, sizeBytes };
  }

  /** Whether the manifest is not the placeholder of an interrupted deletion. */
  async function imageAt(repository: string, tag: string): Promise<Manifest | undefined> {
    const manifest = await api.getManifest(repository, tag);
    if (manifest === undefined) return undefined;
    return readManifestContent(manifest).kind === "deleted" ? undefined : manifest;
  }

  return {
    host: options.host,

    jobCredentials: async ({ jobToken }) => ({ username: "gitlab-ci-token", password: jobToken }),

    // Distribution makes a repository at its first push; only the name can stand in the way.
    ensureRepository: async (name) => {
      const result = repositoryFor(name);
      if (!result.ok) throw new RegistryError(result.message, false);
    },

    listTags: async (repository) => {
      const names = [...(await api.listTags(repository))].sort();
      const found: (ImageTag | undefined)[] = [];
      for (let first = 0; first < names.length; first += lookingAtOnce) {
        const group = names.slice(first, first + lookingAtOnce);
        found.push(...(await Promise.all(group.map((name) => lookAt(repository, name)))));
      }
      return found.filter((tag) => tag !== undefined);
    },

    retag: async (repository, from, to) => {
      const manifest = await imageAt(repository, from);
      if (manifest === undefined) return "absent";
      await api.putManifest(repository, to, manifest);
      return "done";
    },

    // Distribution deletes by digest, and with the digest every tag that points to it. So the tag is
    // first pointed to a manifest of its own, and that one is deleted: the image's other tags stay.
    deleteTag: async (repository, tag) => {
      const present = await api.getManifest(repository, tag);
      if (present === undefined) return "absent";
      const { config, manifest } = placeholderManifest(randomUUID());
      await api.uploadBlob(repository, config.digest, config.bytes);
      await api.putManifest(repository, tag, manifest);
      await api.deleteManifest(repository, manifest.digest);
      return readManifestContent(present).kind === "deleted" ? "absent" : "done";
    },
  };
}
