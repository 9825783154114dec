import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { defined } from "#language/defined.ts";
import type { PresignedWrite } from "./blobs.ts";
import { contentDisposition } from "./content-disposition.ts";
import type { Bucket } from "./s3-bucket.ts";

/** Addresses that carry their own permission, signed here without asking S3. */
export function presigner(bucket: Bucket): {
  readonly read: (
    key: string,
    how: { readonly seconds: number; readonly filename: string },
  ) => Promise<string>;
  readonly write: (
    key: string,
    how: { readonly seconds: number; readonly sizeBytes: number; readonly once: boolean },
  ) => Promise<PresignedWrite>;
} {
  // By default the SDK would sign the checksum of an empty body into a write's address.
  const { region, credentials, endpoint, forcePathStyle } = bucket.client.config;
  const client = new S3Client({
    region,
    credentials,
    ...defined({ endpoint, forcePathStyle }),
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
  return {
    read: (key, { seconds, filename }) =>
      getSignedUrl(
        client,
        new GetObjectCommand({
          Bucket: bucket.name,
          Key: key,
          ResponseContentDisposition: contentDisposition(filename),
          ResponseContentType: "application/octet-stream",
        }),
        { expiresIn: seconds },
      ),

    write: async (key, { seconds, sizeBytes, once }) => {
      const url = await getSignedUrl(
        client,
        new PutObjectCommand({
          Bucket: bucket.name,
          Key: key,
          ContentLength: sizeBytes,
          ...(once ? { IfNoneMatch: "*" } : {}),
        }),
        {
          expiresIn: seconds,
          signableHeaders: new Set(["host", "content-length", "if-none-match"]),
        },
      );
      return {
        method: "PUT",
        url,
        headers: { "content-length": String(sizeBytes), ...(once ? { "if-none-match": "*" } : {}) },
      };
    },
  };
}
