import { describe, expect, test } from "vitest";
import { tableDefinition, ttlAttribute } from "#store/dynamodb/table.ts";
import {
  appFrom,
  everyChoice,
  everyProject,
  propertiesOf,
  resourcesOf,
  templatesFrom,
} from "./stubs.ts";

const plain = templatesFrom(`aws: {project_stacks: 1}\n${everyProject}`);
const chosen = templatesFrom(everyChoice);
const key = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555";

describe("the table", () => {
  test("is the one that the store works with", () => {
    const {
      Tags,
      PointInTimeRecoverySpecification,
      DeletionProtectionEnabled,
      TimeToLiveSpecification,
      ...rest
    } = propertiesOf(plain, "AWS::DynamoDB::Table")[0] ?? {};
    expect(rest).toEqual(tableDefinition("slipway"));
    expect(TimeToLiveSpecification).toEqual({ AttributeName: ttlAttribute, Enabled: true });
    expect(PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
    expect(DeletionProtectionEnabled).toBe(true);
    expect(Tags).toEqual([{ Key: "slipway", Value: "slipway" }]);
  });
});

describe("what must not be lost", () => {
  test.for([
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
    "AWS::ECR::Repository",
  ])("%s stays when its stack, or its project, goes", (type) => {
    const resources = Object.values(resourcesOf(plain, type));
    expect(resources.length).toBeGreaterThan(0);
    for (const resource of resources) {
      expect(resource).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    }
  });

  test("has a name of its own, by which a later deployment adopts it", () => {
    const names = [
      ...propertiesOf(plain, "AWS::DynamoDB::Table").map(({ TableName }) => TableName),
      ...propertiesOf(plain, "AWS::S3::Bucket").map(({ BucketName }) => BucketName),
      ...propertiesOf(plain, "AWS::SecretsManager::Secret").map(({ Name }) => Name),
      ...propertiesOf(plain, "AWS::ECR::Repository").map(({ RepositoryName }) => RepositoryName),
    ];
    expect(names).toEqual([
      "slipway",
      "slipway-eu-central-1-111122223333",
      "slipway/webhook-master",
      "slipway/access-token",
      "group/app",
      "group/forked",
      "group/server",
    ]);
  });

  test("is in a stack that is protected from being deleted", () => {
    const stacks = appFrom("").synth().stacks;
    expect(
      stacks.map(({ stackName, terminationProtection }) => [
        stackName,
        terminationProtection === true,
      ]),
    ).toEqual([
      ["SlipwayState", true],
      ["Slipway", false],
    ]);
  });

  test("images go with their project where that is chosen", () => {
    for (const resource of Object.values(resourcesOf(chosen, "AWS::ECR::Repository"))) {
      expect(resource).toMatchObject({
        DeletionPolicy: "Delete",
        Properties: { EmptyOnDelete: true },
      });
    }
  });
});

describe("encryption", () => {
  test("queues, bucket and secrets are encrypted, and reached over TLS only", () => {
    for (const queue of propertiesOf(plain, "AWS::SQS::Queue")) {
      expect(queue).toMatchObject({ SqsManagedSseEnabled: true });
    }
    expect(propertiesOf(plain, "AWS::SQS::QueuePolicy")).toHaveLength(6);
    expect(JSON.stringify(propertiesOf(plain, "AWS::S3::BucketPolicy"))).toContain(
      '"aws:SecureTransport":"false"',
    );
    expect(propertiesOf(plain, "AWS::S3::Bucket")[0]).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } },
        ],
      },
    });
  });

  test("a key of one's own encrypts all that holds data", () => {
    const keys = [
      propertiesOf(chosen, "AWS::DynamoDB::Table").map((each) => each.SSESpecification),
      propertiesOf(chosen, "AWS::SecretsManager::Secret").map(({ KmsKeyId }) => KmsKeyId),
      propertiesOf(chosen, "AWS::Logs::LogGroup").map(({ KmsKeyId }) => KmsKeyId),
      propertiesOf(chosen, "AWS::ECR::Repository").map((each) => each.EncryptionConfiguration),
      propertiesOf(chosen, "AWS::CodeBuild::Project").map(({ EncryptionKey }) => EncryptionKey),
      propertiesOf(chosen, "AWS::Lambda::Function").map(({ KmsKeyArn }) => KmsKeyArn),
    ];
    for (const of of keys) {
      expect(of.length).toBeGreaterThan(0);
      for (const each of of) expect(JSON.stringify(each)).toContain(key);
    }
  });

  test("a bucket that exists is used as it is", () => {
    expect(propertiesOf(chosen, "AWS::S3::Bucket")).toEqual([]);
    expect(JSON.stringify(propertiesOf(chosen, "AWS::Lambda::Function"))).toContain("my-blobs");
  });
});

test("logs end after the days that are chosen", () => {
  const days = propertiesOf(plain, "AWS::Logs::LogGroup").map((each) => each.RetentionInDays);
  expect(days).toEqual(Array.from({ length: 6 }, () => 30));
  const fewer = templatesFrom("aws: {log_retention_days: 7}");
  expect(propertiesOf(fewer, "AWS::Logs::LogGroup")[0]).toMatchObject({ RetentionInDays: 7 });
});

test("caches and uploads that were given up are removed from the bucket", () => {
  expect(propertiesOf(plain, "AWS::S3::Bucket")[0]).toMatchObject({
    LifecycleConfiguration: {
      Rules: [
        { Prefix: "caches/", ExpirationInDays: 30, Status: "Enabled" },
        { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: "Enabled" },
      ],
    },
  });
});
