import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { blobPath, temporaryFolder } from "./blob-path.ts";
import type { Blobs, StoredBlob } from "./blobs.ts";
import { oneAtATime } from "./one-at-a-time.ts";

/**
 * Blobs as files below `root`. Writes are whole by a rename; appends to one key are done one after the
 * other within this process. What a killed process had not finished is never seen as a blob.
 */
export function directoryBlobs(root: string): Blobs {
  const temporary = join(root, temporaryFolder);
  const inOrder = oneAtATime();

  /** Writes beside, then moves into place: a reader sees the old whole or the new whole. */
  async function replace<T>(
    key: string,
    write: (handle: FileHandle) => Promise<T>,
    keep: (result: T) => boolean,
  ): Promise<T> {
    const target = blobPath(root, key);
    const beside = join(temporary, randomUUID());
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    try {
      const handle = await open(beside, "wx", 0o600);
      let result: T;
      try {
        result = await write(handle);
      } finally {
        await handle.close();
      }
      if (keep(result)) {
        await mkdir(dirname(target), { recursive: true, mode: 0o700 });
        await rename(beside, target);
      }
      return result;
    } finally {
      await rm(beside, { force: true });
    }
  }

  return {
    put: (key, bytes) =>
      replace(
        key,
        (handle) => handle.writeFile(bytes),
        () => true,
      ),

    get: (key) => unlessAbsent(readFile(blobPath(root, key))),

    putStream: (key, stream, limitBytes) =>
      replace(
        key,
        (handle) => copyUpTo(stream, handle, limitBytes),
        (result) => result !== "too_large",
      ),

    getStream: async (key) => {
      const path = blobPath(root, key);
      const handle = await unlessAbsent(open(path));
      if (handle === undefined) return undefined;
      const { size } = await handle.stat();
      if (size === 0) {
        await handle.close();
        return { stream: nothing(), sizeBytes: 0 };
      }
      // `end`: a log that grows meanwhile must not give more than was announced.
      return { stream: createReadStream(path, { fd: handle, end: size - 1 }), sizeBytes: size };
    },

    delete: (key) => rm(blobPath(root, key), { force: true }),

    list: (prefix, { before } = {}) => keysBelow(prefix, before),

    sizes: async (prefix) => {
      const found: StoredBlob[] = [];
      for (const key of await keysBelow(prefix)) {
        const about = await unlessAbsent(stat(blobPath(root, key)));
        if (about === undefined) continue;
        found.push({ key, sizeBytes: about.size, changedAt: about.mtimeMs });
      }
      return found;
    },

    append: (key, start, bytes) => {
      const path = blobPath(root, key);
      return inOrder(path, () => appendTo(path, start, bytes));
    },

    read: async (key, offset, limitBytes) => {
      const handle = await unlessAbsent(open(blobPath(root, key)));
      if (handle === undefined) return { bytes: new Uint8Array(), length: 0 };
      try {
        const { size } = await handle.stat();
        const wanted = Math.max(0, Math.min(limitBytes, size - offset));
        const bytes = new Uint8Array(wanted);
        let filled = 0;
        while (filled < wanted) {
          const { bytesRead } = await handle.read(bytes, filled, wanted - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return { bytes: bytes.subarray(0, filled), length: size };
      } finally {
        await handle.close();
      }
    },
  };

  async function keysBelow(prefix: string, before?: string): Promise<readonly string[]> {
    const folder = prefix.includes("/") ? prefix.slice(0, prefix.lastIndexOf("/")) : "";
    const keys: string[] = [];
    for await (const key of walk(folder === "" ? root : blobPath(root, folder), folder)) {
      if (key.startsWith(prefix) && (before === undefined || key < before)) keys.push(key);
    }
    return keys.sort();
  }

  async function* walk(folder: string, key: string): AsyncGenerator<string> {
    for (const entry of (await unlessAbsent(readdir(folder, { withFileTypes: true }))) ?? []) {
      if (key === "" && entry.name === temporaryFolder) continue;
      const inner = key === "" ? entry.name : `${key}/${entry.name}`;
      if (entry.isDirectory()) yield* walk(join(folder, entry.name), inner);
      else yield inner;
    }
  }
}

/** The length on disk is the truth, whatever an earlier process believed. */
async function appendTo(
  path: string,
  start: number,
  bytes: Uint8Array,
): Promise<{ readonly accepted: boolean; readonly length: number }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const handle = await open(path, "a", 0o600);
  try {
    const length = (await handle.stat()).size;
    if (start > length) return { accepted: false, length };
    const fresh = bytes.subarray(length - start);
    if (fresh.byteLength > 0) await handle.appendFile(fresh);
    return { accepted: true, length: length + fresh.byteLength };
  } finally {
    await handle.close();
  }
}

async function copyUpTo(
  stream: AsyncIterable<Uint8Array>,
  handle: FileHandle,
  limitBytes: number,
): Promise<{ readonly sizeBytes: number } | "too_large"> {
  let sizeBytes = 0;
  for await (const chunk of stream) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > limitBytes) return "too_large";
    await handle.writeFile(chunk);
  }
  return { sizeBytes };
}

async function unlessAbsent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
