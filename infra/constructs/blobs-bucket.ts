import { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { BlockPublicAccess, Bucket, BucketEncryption } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";

const cacheDays = 30;

/** Plans, logs, artifacts and caches: private, encrypted, over TLS only, and never deleted by a stack. */
export function blobsBucket(scope: Construct, name: string, key: IKey | undefined): Bucket {
  const bucket = new Bucket(scope, "Blobs", {
    bucketName: name,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: RemovalPolicy.RETAIN,
    ...(key === undefined
      ? { encryption: BucketEncryption.S3_MANAGED }
      : { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }),
    lifecycleRules: [
      { id: "caches", prefix: "caches/", expiration: Duration.days(cacheDays) },
      { id: "uploads-given-up", abortIncompleteMultipartUploadAfter: Duration.days(1) },
    ],
  });
  acknowledge(bucket, {
    "AwsSolutions-S1":
      "A log is many small objects, so a record of every request would cost more than the requests; the functions' own logs name pipeline and job, and CloudTrail data events can be switched on.",
  });
  return bucket;
}
