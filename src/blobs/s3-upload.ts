import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { type Bucket, putObject } from "./s3-bucket.ts";

/** Held in memory at a time; 10,000 parts of it are the largest blob. S3 takes no parts below 5 MiB. */
const partBytes = 8 * 1024 * 1024;

/**
 * Stores a stream of unknown length as one object. What is too large or breaks off leaves what was there:
 * an object of several parts appears only when all of them are in.
 */
export async function uploadStream(
  bucket: Bucket,
  key: string,
  stream: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<{ readonly sizeBytes: number } | "too_large"> {
  const parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
  const at = { Bucket: bucket.name, Key: key };
  let uploadId: string | undefined;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let sizeBytes = 0;

  async function sendPart(): Promise<void> {
    uploadId ??= (await bucket.client.send(new CreateMultipartUploadCommand(at))).UploadId;
    const PartNumber = parts.length + 1;
    const Body = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    const sent = await bucket.client.send(
      new UploadPartCommand({ ...at, UploadId: uploadId, PartNumber, Body }),
    );
    parts.push({ PartNumber, ETag: sent.ETag });
  }

  async function abort(): Promise<void> {
    if (uploadId === undefined) return;
    await bucket.client.send(new AbortMultipartUploadCommand({ ...at, UploadId: uploadId }));
  }

  try {
    for await (const chunk of stream) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > limitBytes) {
        await abort();
        return "too_large";
      }
      waiting.push(chunk);
      waitingBytes += chunk.byteLength;
      if (waitingBytes >= partBytes) await sendPart();
    }
    if (uploadId === undefined) {
      await putObject(bucket, key, Buffer.concat(waiting));
      return { sizeBytes };
    }
    if (waitingBytes > 0) await sendPart();
    await bucket.client.send(
      new CompleteMultipartUploadCommand({
        ...at,
        UploadId: uploadId,
        MultipartUpload: { Parts: parts },
      }),
    );
    return { sizeBytes };
  } catch (error) {
    // The bucket's lifecycle removes what cannot be aborted now.
    await abort().catch(() => undefined);
    throw error;
  }
}
