import * as z from "zod/mini";
import { defined } from "#language/defined.ts";
import { type ComputeSize, computeSizes } from "#pipeline/pipeline.ts";
import { isPlainHttps } from "./plain-address.ts";

/** Days that CloudWatch Logs can keep a log group's events for (API reference, `PutRetentionPolicy`). */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const;

const matching = (pattern: RegExp, message: string) => z.string().check(z.regex(pattern, message));

const arn = (service: string, example: string) =>
  matching(new RegExp(`^arn:aws[a-z-]*:${service}:\\S+$`), `must be an ARN such as \`${example}\``);

const domain = z.strictObject({
  name: matching(
    /^[a-z0-9-]+(\.[a-z0-9-]+)+$/,
    "must be a host name such as `slipway.example.com`",
  ),
  certificate: arn("acm", "arn:aws:acm:REGION:ACCOUNT:certificate/ID"),
  hosted_zone: z.optional(
    z.strictObject({
      id: matching(/^Z[A-Z0-9]+$/, "must be the id of a Route 53 hosted zone, such as `Z0123ABC`"),
      name: z.string().check(z.minLength(1)),
    }),
  ),
});

const vpc = z.strictObject({
  id: matching(/^vpc-[0-9a-f]{8,17}$/, "must be the id of a VPC, such as `vpc-0a1b2c3d`"),
  subnets: z
    .array(
      matching(/^subnet-[0-9a-f]{8,17}$/, "must be the id of a subnet, such as `subnet-0a1b2c3d`"),
    )
    .check(z.minLength(1), z.maxLength(16)),
  security_groups: z
    .array(
      matching(/^sg-[0-9a-f]{8,17}$/, "must be the id of a security group, such as `sg-0a1b2c3d`"),
    )
    .check(z.minLength(1), z.maxLength(5)),
  functions: z.optional(z.boolean()),
});

/** The `aws` section of `slipway.yaml`, as it is written. */
export const awsSchema = z
  .strictObject({
    name: z.optional(
      matching(
        /^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,15}$/,
        "must be at most 16 lower-case letters, digits and single dashes, and start with a letter",
      ),
    ),
    account: z.optional(
      z
        .string("must be 12 digits in quotes")
        .check(z.regex(/^\d{12}$/, "must be 12 digits in quotes")),
    ),
    region: z.optional(
      matching(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be a region such as `eu-central-1`"),
    ),
    url: z.optional(
      z
        .string()
        .check(z.refine(isPlainHttps, "must be an https address without query or trailing slash")),
    ),
    domain: z.optional(domain),
    vpc: z.optional(vpc),
    kms_key: z.optional(
      matching(
        /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]{36}$/,
        "must be the ARN of a key, such as `arn:aws:kms:REGION:ACCOUNT:key/ID`",
      ),
    ),
    permissions_boundary: z.optional(arn("iam", "arn:aws:iam::ACCOUNT:policy/NAME")),
    bucket: z.optional(
      matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of an S3 bucket"),
    ),
    build_image: z.optional(z.string().check(z.minLength(1))),
    compute: z.optional(z.enum(computeSizes)),
    concurrent_builds: z.optional(z.int().check(z.gte(1), z.lte(10_000))),
    alarm_email: z.optional(
      matching(/^[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+$/, "must be an e-mail address"),
    ),
    log_retention_days: z.optional(z.literal(retentionDays)),
    frozen_tags: z.optional(
      z
        .array(matching(/^[0-9A-Za-z._*-]{1,128}$/, "must be an image tag, with `*` as wildcard"))
        .check(z.maxLength(5)),
    ),
    remove_images: z.optional(z.boolean()),
    check_caller: z.optional(z.boolean()),
    project_stacks: z.optional(z.int().check(z.gte(1), z.lte(200))),
  })
  .check(
    z.refine(
      (given) => given.url === undefined || given.domain === undefined,
      "has `url` for an address that somebody else serves, or `domain` for one that Slipway makes: not both",
    ),
  );

export type GivenAws = z.infer<typeof awsSchema>;

/** How an installation on AWS is deployed. */
export type AwsSettings = {
  /** In front of every name, so that an account can hold several installations. */
  readonly name: string;
  /** The account and region of the credentials that deploy, unless given. */
  readonly account?: string;
  readonly region?: string;
  /** Address from outside, where something else serves it. */
  readonly url?: string;
  readonly domain?: {
    readonly name: string;
    readonly certificateArn: string;
    readonly hostedZone?: { readonly id: string; readonly name: string };
  };
  readonly vpc?: {
    readonly id: string;
    readonly subnetIds: readonly string[];
    readonly securityGroupIds: readonly string[];
    /** Whether the functions run inside too, as a forge that only the VPC reaches needs. */
    readonly functions: boolean;
  };
  readonly kmsKeyArn?: string;
  readonly permissionsBoundaryArn?: string;
  /** A bucket that exists, for plans, logs, artifacts and caches. */
  readonly bucket?: string;
  readonly buildImage: string;
  /** Builds of a CodeBuild project at a time: beyond that it refuses, so that Slipway chooses who is next. */
  readonly concurrentBuilds?: number;
  /** The size of builds whose runner tags name none. */
  readonly compute: ComputeSize;
  readonly alarmEmail?: string;
  readonly logRetentionDays: number;
  /** Patterns of image tags that never move once they are given. */
  readonly frozenTags: readonly string[];
  /** Whether a repository goes, with its images, when its project leaves the settings. */
  readonly removeImages: boolean;
  /** Whether a ticket is exchanged only with the very build that it was made for. */
  readonly checkCaller: boolean;
  /** Stacks that projects are spread over; a project's stack follows from it, so it stays as it is. */
  readonly projectStacks: number;
};

/** Fills in what the file leaves out. */
export function toAwsSettings(given: GivenAws = {}): AwsSettings {
  return {
    name: given.name ?? "slipway",
    buildImage: given.build_image ?? "aws/codebuild/amazonlinux-x86_64-standard:6.0",
    compute: given.compute ?? "small",
    logRetentionDays: given.log_retention_days ?? 30,
    frozenTags: given.frozen_tags ?? ["sha-*", "v*"],
    removeImages: given.remove_images ?? false,
    checkCaller: given.check_caller ?? true,
    projectStacks: given.project_stacks ?? 32,
    ...defined({ account: given.account, region: given.region, url: given.url }),
    ...(given.domain !== undefined && { domain: toDomain(given.domain) }),
    ...defined({ concurrentBuilds: given.concurrent_builds }),
    ...(given.vpc !== undefined && { vpc: toVpc(given.vpc) }),
    ...defined({
      kmsKeyArn: given.kms_key,
      permissionsBoundaryArn: given.permissions_boundary,
      bucket: given.bucket,
      alarmEmail: given.alarm_email,
    }),
  };
}

function toDomain(given: z.infer<typeof domain>): NonNullable<AwsSettings["domain"]> {
  const zone = given.hosted_zone;
  return {
    name: given.name,
    certificateArn: given.certificate,
    ...defined({ hostedZone: zone }),
  };
}

function toVpc(given: z.infer<typeof vpc>): NonNullable<AwsSettings["vpc"]> {
  return {
    id: given.id,
    subnetIds: given.subnets,
    securityGroupIds: given.security_groups,
    functions: given.functions ?? true,
  };
}
