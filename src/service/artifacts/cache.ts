import type { PresignedWrite } from "#blobs/blobs.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { jobOfToken } from "../access/authorize-job.ts";
import type { Host, Installation, Ports } from "../deps.ts";
import { directUploadSeconds } from "./direct-upload.ts";
import { holdCacheRoom } from "./hold-cache-room.ts";
import type { RoomDeps } from "./hold-room.ts";
import { type BlobFile, openBlob } from "./open-blob.ts";
import type { Room } from "./room.ts";

/** Caches of protected refs, and as many of the others. */
const mostCaches = 1_000;

/** Longest name kept readable; a file name has at most 255 bytes. */
const longestName = 200;

const suffixes = { protected: "-protected", unprotected: "-non_protected" } as const;

/**
 * Keeps the caches of protected refs apart from those that anybody with a branch can fill. GitLab Docs,
 * "Caching in GitLab CI/CD": "Use the same cache for all branches".
 */
export function cacheKeySuffix(pipeline: Pipeline): string {
  return pipeline.facts.ref.protected ? suffixes.protected : suffixes.unprotected;
}

/** Returns the cache under a key, or `absent` if there is none or if the job may not read it. */
export async function readCache(
  deps: Pick<Ports, "store" | "blobs"> & Pick<Host, "now" | "hash">,
  token: string,
  key: string,
): Promise<
  | { readonly answer: "found"; readonly file: BlobFile }
  | { readonly answer: "absent" | "forbidden" }
> {
  const granted = await jobOfToken(deps, deps.hash(token));
  if (granted === undefined) return { answer: "forbidden" };
  if (!mayRead(granted.pipeline, key)) return { answer: "absent" };
  const file = await openBlob(deps, cacheBlobKey(deps, granted.pipeline, key), "cache.zip");
  return file === undefined ? { answer: "absent" } : { answer: "found", file };
}

/** A job's permission to write the cache under a key. Undefined if the job has none. */
export type CacheWrite = {
  /** The most bytes that this cache may have. */
  readonly limitBytes: number;
  /**
   * Replaces the cache as a whole; of several writers the last one wins. `sizeBytes` is what the sender announced.
   * `full` where other uploads hold the project's room.
   */
  readonly store: (
    stream: AsyncIterable<Uint8Array>,
    sizeBytes?: number,
  ) => Promise<"stored" | "too_large" | "full">;
  /** The direct upload address for a cache of this size. The upload needs no confirmation. */
  readonly direct: (sizeBytes: number) => Promise<PresignedWrite | "full" | undefined>;
};

export async function openCacheWrite(
  deps: RoomDeps & Pick<Installation, "settings">,
  token: string,
  key: string,
): Promise<CacheWrite | undefined> {
  const granted = await jobOfToken(deps, deps.hash(token));
  // A job of a fork reads and does not write.
  if (granted === undefined || !granted.grant.canPush) return undefined;
  const { pipeline } = granted;
  if (!key.endsWith(cacheKeySuffix(pipeline))) return undefined;
  const settings = await deps.settings(pipeline);
  if (settings === undefined) return undefined;
  const blobKey = cacheBlobKey(deps, pipeline, key);
  const room = cacheRoom(pipeline, settings);
  const limitBytes = Math.min(settings.maxCacheBytes, room.limitBytes);
  return {
    limitBytes,
    direct: async (sizeBytes) => {
      const options = { seconds: directUploadSeconds, sizeBytes, once: false };
      const upload = await deps.blobs.presignWrite?.(blobKey, options);
      if (upload === undefined) return undefined;
      const wanted = { key: blobKey, bytes: sizeBytes, mostBytes: limitBytes };
      const hold = await holdCacheRoom(deps, room, wanted, "direct");
      return typeof hold === "string" ? "full" : upload;
    },
    store: async (stream, sizeBytes) => {
      const wanted = { key: blobKey, bytes: sizeBytes, mostBytes: limitBytes };
      const hold = await holdCacheRoom(deps, room, wanted, "stream");
      if (typeof hold === "string") return "full";
      try {
        const stored = await deps.blobs.putStream(blobKey, hold.guard(stream), hold.bytes);
        return stored === "too_large" ? stored : "stored";
      } finally {
        await hold.release();
      }
    },
  };
}

/** Room for a project's caches: those of protected refs have their own, which nobody else can fill. */
function cacheRoom(pipeline: Pipeline, settings: ProjectSettings): Room {
  const suffix = cacheKeySuffix(pipeline);
  return {
    scope: `caches/${pipeline.project}${suffix}`,
    prefix: cachePrefix(pipeline),
    suffix,
    limitBytes: settings.maxProjectCachesBytes,
    limitBlobs: mostCaches,
  };
}

function mayRead(pipeline: Pipeline, key: string): boolean {
  return pipeline.facts.ref.protected || key.endsWith(suffixes.unprotected);
}

/** Ends as the key does, also where the key is too long for a name. */
function cacheBlobKey(deps: Pick<Host, "hash">, pipeline: Pipeline, key: string): string {
  const readable = encodeURIComponent(key);
  const suffix = key.endsWith(suffixes.protected) ? suffixes.protected : suffixes.unprotected;
  const name = readable.length <= longestName ? readable : deps.hash(key) + suffix;
  return `${cachePrefix(pipeline)}${name}`;
}

function cachePrefix(pipeline: Pipeline): string {
  return `caches/${pipeline.project}/-/`;
}
