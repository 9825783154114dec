import type { S3Client } from "@aws-sdk/client-s3";
import { blobKeyParts, UnsafeBlobKey } from "./blob-key.ts";
import type { Blobs, StoredBlob } from "./blobs.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import {
  type Bucket,
  deleteObjects,
  listObjects,
  objectSize,
  openObject,
  putObject,
  readObject,
} from "./s3-bucket.ts";
import { appendToLog, listLog, logOfPart, openLog, readLog } from "./s3-log.ts";
import { presigner } from "./s3-presign.ts";
import { uploadStream } from "./s3-upload.ts";

/** S3's limit is 1,024 bytes; a log's parts add a slash and 16 digits. */
const longestKeyBytes = 1_000;

/** Amazon S3 User Guide, "Uploading objects": larger ones need several requests. */
const largestPutBytes = 5 * 1024 ** 3;

/**
 * Blobs as objects of one bucket, under their keys. Logs are rows of objects. Readers and writers get direct
 * addresses, so that large files need not pass through the service.
 */
export function s3Blobs(options: { readonly client: S3Client; readonly bucket: string }): Blobs {
  const bucket: Bucket = { client: options.client, name: options.bucket };
  const presign = presigner(bucket);
  const inOrder = oneAtATime();

  return {
    put: async (key, bytes) => {
      await putObject(bucket, objectKey(key), bytes);
    },

    get: async (key) => {
      const object = await readObject(bucket, objectKey(key));
      if (object !== undefined) return object;
      const log = await readLog(bucket, key, 0, Number.MAX_SAFE_INTEGER);
      return log.length === 0 ? undefined : log.bytes;
    },

    putStream: (key, stream, limitBytes) =>
      uploadStream(bucket, objectKey(key), stream, limitBytes),

    getStream: async (key) =>
      (await openObject(bucket, objectKey(key))) ?? (await openLog(bucket, key)),

    delete: async (key) => {
      const object = objectKey(key);
      const { parts } = await listLog(bucket, key);
      await deleteObjects(bucket, [object, ...parts.map((part) => part.key)]);
    },

    list: async (prefix, { before } = {}) => {
      const keys = new Set<string>();
      for await (const { key } of listObjects(bucket, prefix)) {
        if (before !== undefined && key >= before) break;
        keys.add(logOfPart(key) ?? key);
      }
      return [...keys].filter((key) => key.startsWith(prefix)).sort();
    },

    sizes: async (prefix) => {
      const found: StoredBlob[] = [];
      for await (const { key, sizeBytes, changedAt } of listObjects(bucket, prefix)) {
        found.push({ key, sizeBytes, changedAt });
      }
      return found;
    },

    append: async (key, start, bytes) => {
      const object = objectKey(key);
      return inOrder(object, () => appendToLog(bucket, object, start, bytes));
    },

    read: async (key, offset, limitBytes) => readLog(bucket, objectKey(key), offset, limitBytes),

    size: async (key) => objectSize(bucket, objectKey(key)),

    presignRead: async (key, how) =>
      (await objectSize(bucket, objectKey(key))) === undefined
        ? undefined
        : presign.read(objectKey(key), how),

    presignWrite: async (key, how) =>
      how.sizeBytes > largestPutBytes ? undefined : presign.write(objectKey(key), how),
  };
}

function objectKey(key: string): string {
  blobKeyParts(key);
  if (Buffer.byteLength(key) > longestKeyBytes) {
    throw new UnsafeBlobKey(`a blob key is longer than ${longestKeyBytes} bytes`);
  }
  if (logOfPart(key) !== undefined) {
    throw new UnsafeBlobKey("a blob key may not end like a part of a log, with 16 digits");
  }
  return key;
}
