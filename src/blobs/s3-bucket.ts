import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { defined } from "#language/defined.ts";

export type Bucket = { readonly client: S3Client; readonly name: string };

export type BucketObject = {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
  /** Epoch milliseconds. */
  readonly changedAt: number;
};

/** When a write is done: always, where there is no object yet, or where it is still this one. */
export type WriteCondition = "always" | "if_absent" | { readonly ifMatch: string };

/** Writes an object as a whole; "refused" when the condition does not hold, and nothing was written. */
export async function putObject(
  bucket: Bucket,
  key: string,
  bytes: Uint8Array,
  condition: WriteCondition = "always",
): Promise<"done" | "refused"> {
  try {
    await bucket.client.send(
      new PutObjectCommand({
        Bucket: bucket.name,
        Key: key,
        Body: bytes,
        ContentLength: bytes.byteLength,
        ...(condition === "if_absent" ? { IfNoneMatch: "*" } : {}),
        ...(typeof condition === "object" ? { IfMatch: condition.ifMatch } : {}),
      }),
    );
    return "done";
  } catch (error) {
    if (isRefusal(error)) return "refused";
    throw error;
  }
}

/** The object's bytes as they come; undefined where there is none. `range` is inclusive, as in RFC 9110. */
export async function openObject(
  bucket: Bucket,
  key: string,
  range?: { readonly from: number; readonly to: number },
): Promise<{ readonly stream: AsyncIterable<Uint8Array>; readonly sizeBytes: number } | undefined> {
  try {
    const answer = await bucket.client.send(
      new GetObjectCommand({
        Bucket: bucket.name,
        Key: key,
        ...(range === undefined ? {} : { Range: `bytes=${range.from}-${range.to}` }),
      }),
    );
    const { Body: body, ContentLength: sizeBytes = 0 } = answer;
    if (body === undefined || !(Symbol.asyncIterator in body)) return undefined;
    return { stream: body, sizeBytes };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

export async function readObject(
  bucket: Bucket,
  key: string,
  range?: { readonly from: number; readonly to: number },
): Promise<Uint8Array | undefined> {
  const found = await openObject(bucket, key, range);
  if (found === undefined) return undefined;
  const parts: Uint8Array[] = [];
  for await (const part of found.stream) parts.push(part);
  return Buffer.concat(parts);
}

export async function objectSize(bucket: Bucket, key: string): Promise<number | undefined> {
  try {
    const answer = await bucket.client.send(
      new HeadObjectCommand({ Bucket: bucket.name, Key: key }),
    );
    return answer.ContentLength ?? 0;
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

/** In the order of their keys' bytes, from the first one after `after`. */
export async function* listObjects(
  bucket: Bucket,
  prefix: string,
  after?: string,
): AsyncGenerator<BucketObject> {
  let continuation: string | undefined;
  do {
    const answer = await bucket.client.send(
      new ListObjectsV2Command({
        Bucket: bucket.name,
        Prefix: prefix,
        ...defined({ StartAfter: after, ContinuationToken: continuation }),
      }),
    );
    for (const found of answer.Contents ?? []) {
      const { Key: key = "", Size: sizeBytes = 0, ETag: etag = "", LastModified: at } = found;
      yield { key, sizeBytes, etag, changedAt: at?.getTime() ?? 0 };
    }
    continuation = answer.NextContinuationToken;
  } while (continuation !== undefined);
}

/** The most that one request takes (Amazon S3 API Reference, "DeleteObjects"). */
const mostDeletedAtOnce = 1_000;

/** Those that are not there count as deleted. */
export async function deleteObjects(bucket: Bucket, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += mostDeletedAtOnce) {
    const answer = await bucket.client.send(
      new DeleteObjectsCommand({
        Bucket: bucket.name,
        Delete: {
          Quiet: true,
          Objects: keys.slice(start, start + mostDeletedAtOnce).map((Key) => ({ Key })),
        },
      }),
    );
    const [first] = answer.Errors ?? [];
    if (first !== undefined) {
      throw new Error(
        `S3 did not delete an object in ${bucket.name}: ${first.Code}: ${first.Message}`,
      );
    }
  }
}

/** 412, or 409 where two conditional writes met: the other one's result is to be looked at. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof S3ServiceException)) return false;
  const status = error.$metadata.httpStatusCode;
  return status === 412 || (status === 409 && error.name === "ConditionalRequestConflict");
}
