import {
  type Bucket,
  type BucketObject,
  deleteObjects,
  listObjects,
  putObject,
  readObject,
} from "./s3-bucket.ts";

/**
 * S3 has no append, so a log is a row of objects, each named by the offset of its first byte. Only a log's
 * first writer at an offset succeeds, hence the row has neither gaps nor two tellings of one place.
 */
export type LogPart = BucketObject & { readonly offset: number };

export type Log = { readonly parts: readonly LogPart[]; readonly length: number };

const offsetDigits = 16;
const partName = /^(.+)\/(\d{16})$/;

/** Rows longer than this are joined when they grow: readers would else fetch a thousand small objects. */
const mostParts = 256;
const joinedBytes = 4 * 1024 * 1024;

function logPartKey(key: string, offset: number): string {
  return `${key}/${String(offset).padStart(offsetDigits, "0")}`;
}

/** The log that an object is part of. */
export function logOfPart(objectKey: string): string | undefined {
  return partName.exec(objectKey)?.[1];
}

/** The row as it is now. Parts that a joined one covers, and that are about to be deleted, are left out. */
export async function listLog(bucket: Bucket, key: string): Promise<Log> {
  const parts: LogPart[] = [];
  let length = 0;
  for await (const object of listObjects(bucket, `${key}/`)) {
    if (logOfPart(object.key) !== key) continue;
    const offset = Number(object.key.slice(-offsetDigits));
    if (offset < length) continue;
    parts.push({ ...object, offset });
    length = offset + object.sizeBytes;
  }
  return { parts, length };
}

/** Appends as `Blobs.append` promises, whoever else appends at the same time. */
export async function appendToLog(
  bucket: Bucket,
  key: string,
  start: number,
  bytes: Uint8Array,
): Promise<{ readonly accepted: boolean; readonly length: number }> {
  for (;;) {
    const log = await listLog(bucket, key);
    if (start > log.length) return { accepted: false, length: log.length };
    const fresh = bytes.subarray(log.length - start);
    if (fresh.byteLength === 0) return { accepted: true, length: log.length };
    const written = await putObject(bucket, logPartKey(key, log.length), fresh, "if_absent");
    if (written === "refused") continue;
    if (log.parts.length >= mostParts) await joinParts(bucket, log.parts);
    return { accepted: true, length: log.length + fresh.byteLength };
  }
}

/**
 * Replaces rows of small parts by one part each. The first part of a row is overwritten only while it is the
 * one that was read, so that of several joiners one is heard; what it covers is deleted afterwards.
 */
async function joinParts(bucket: Bucket, parts: readonly LogPart[]): Promise<void> {
  for (const row of rowsToJoin(parts)) {
    const [first] = row;
    const bytes = await readParts(bucket, row);
    if (first === undefined || bytes === undefined) return;
    if ((await putObject(bucket, first.key, bytes, { ifMatch: first.etag })) === "refused") return;
    await deleteObjects(
      bucket,
      row.slice(1).map((part) => part.key),
    );
  }
}

function rowsToJoin(parts: readonly LogPart[]): readonly (readonly LogPart[])[] {
  const rows: LogPart[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    if (bytes + part.sizeBytes > joinedBytes) {
      rows.push([]);
      bytes = 0;
    }
    rows.at(-1)?.push(part);
    bytes += part.sizeBytes;
  }
  return rows.filter((row) => row.length > 1);
}

const fetchedAtOnce = 16;

/** Undefined when a part was joined into another meanwhile: list and read again. */
async function readParts(
  bucket: Bucket,
  parts: readonly LogPart[],
): Promise<Uint8Array | undefined> {
  const read: Uint8Array[] = [];
  for (let start = 0; start < parts.length; start += fetchedAtOnce) {
    const some = await Promise.all(
      parts
        .slice(start, start + fetchedAtOnce)
        .map(({ key, sizeBytes }) => readObject(bucket, key, { from: 0, to: sizeBytes - 1 })),
    );
    for (const bytes of some) {
      if (bytes === undefined) return undefined;
      read.push(bytes);
    }
  }
  return Buffer.concat(read);
}

export async function readLog(
  bucket: Bucket,
  key: string,
  offset: number,
  limitBytes: number,
): Promise<{ readonly bytes: Uint8Array; readonly length: number }> {
  for (;;) {
    const { parts, length } = await listLog(bucket, key);
    const end = Math.min(length, offset + Math.max(0, limitBytes));
    const wanted = parts.filter(
      (part) => part.offset < end && part.offset + part.sizeBytes > offset,
    );
    const [first] = wanted;
    if (first === undefined) return { bytes: new Uint8Array(), length };
    const bytes = await readParts(bucket, wanted);
    if (bytes === undefined) continue;
    const skipped = offset - first.offset;
    return { bytes: new Uint8Array(bytes.subarray(skipped, skipped + end - offset)), length };
  }
}

/** A log as one stream, as far as it is now, piece by piece. Undefined where there is none. */
export async function openLog(
  bucket: Bucket,
  key: string,
): Promise<{ readonly stream: AsyncIterable<Uint8Array>; readonly sizeBytes: number } | undefined> {
  const { parts, length } = await listLog(bucket, key);
  return parts.length === 0
    ? undefined
    : { stream: pieces(bucket, key, length), sizeBytes: length };
}

async function* pieces(bucket: Bucket, key: string, length: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < length; ) {
    const { bytes } = await readLog(bucket, key, offset, Math.min(joinedBytes, length - offset));
    if (bytes.byteLength === 0) throw new Error("a log became shorter while it was read");
    yield bytes;
    offset += bytes.byteLength;
  }
}
