import type { PresignedWrite } from "#blobs/blobs.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { jobOfToken } from "../access/authorize-job.ts";
import type { Host, Installation, Ports } from "../deps.ts";
import { directUploadSeconds } from "./direct-upload.ts";
import { type BlobFile, openBlob } from "./open-blob.ts";

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
  readonly limitBytes: number;
  /** Replaces the cache as a whole; of several writers the last one wins. */
  readonly store: (stream: AsyncIterable<Uint8Array>) => Promise<"stored" | "too_large">;
  /** The direct upload address for a cache of this size. The upload needs no confirmation. */
  readonly direct: (sizeBytes: number) => Promise<PresignedWrite | undefined>;
};

export async function openCacheWrite(
  deps: Pick<Ports, "store" | "blobs"> &
    Pick<Installation, "settings"> &
    Pick<Host, "now" | "hash">,
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
  const limitBytes = settings.maxCacheBytes;
  const blobKey = cacheBlobKey(deps, pipeline, key);
  return {
    limitBytes,
    direct: async (sizeBytes) =>
      deps.blobs.presignWrite?.(blobKey, { seconds: directUploadSeconds, sizeBytes, once: false }),
    store: async (stream) => {
      const stored = await deps.blobs.putStream(blobKey, stream, limitBytes);
      return stored === "too_large" ? stored : "stored";
    },
  };
}

function mayRead(pipeline: Pipeline, key: string): boolean {
  return pipeline.facts.ref.protected || key.endsWith(suffixes.unprotected);
}

function cacheBlobKey(deps: Pick<Host, "hash">, pipeline: Pipeline, key: string): string {
  const readable = encodeURIComponent(key);
  const name = readable.length <= longestName ? readable : deps.hash(key);
  return `caches/${pipeline.project}/-/${name}`;
}
