import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { awsSchema, toAwsSettings } from "#project/aws-settings.ts";
import { awsProblems } from "#project/check-aws.ts";
import { parseSettings, type Settings, settingsOf } from "#project/parse-settings.ts";

function read(text: string): Settings {
  const parsed = parseSettings(text);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
}

describe("the `aws` section", () => {
  test("everything in it may be left out", () => {
    expect(read("").aws).toEqual({
      name: "slipway",
      buildImage: "aws/codebuild/amazonlinux-x86_64-standard:6.0",
      compute: "small",
      logRetentionDays: 30,
      frozenTags: ["sha-*", "v*"],
      removeImages: false,
      checkCaller: true,
      projectStacks: 32,
    });
  });

  test("everything that is in it is read", () => {
    const { aws } = read(`
aws:
  name: ship
  account: "012345678901"
  region: us-gov-west-1
  domain:
    name: ship.example.com
    certificate: arn:aws:acm:eu-central-1:012345678901:certificate/x
    hosted_zone: {id: Z0123ABC, name: example.com}
  vpc: {id: vpc-0000001a, subnets: [subnet-0000001a, subnet-0000002b], security_groups: [sg-0000001a], functions: false}
  kms_key: arn:aws:kms:eu-central-1:012345678901:key/11111111-2222-3333-4444-555555555555
  permissions_boundary: arn:aws:iam::012345678901:policy/boundary
  bucket: my-blobs
  build_image: aws/codebuild/standard:8.0
  compute: large
  alarm_email: ops@example.com
  log_retention_days: 90
  frozen_tags: ["v*.*"]
  remove_images: true
  check_caller: false
  project_stacks: 3
`);
    expect(aws).toEqual({
      name: "ship",
      account: "012345678901",
      region: "us-gov-west-1",
      domain: {
        name: "ship.example.com",
        certificateArn: "arn:aws:acm:eu-central-1:012345678901:certificate/x",
        hostedZone: { id: "Z0123ABC", name: "example.com" },
      },
      vpc: {
        id: "vpc-0000001a",
        subnetIds: ["subnet-0000001a", "subnet-0000002b"],
        securityGroupIds: ["sg-0000001a"],
        functions: false,
      },
      kmsKeyArn: "arn:aws:kms:eu-central-1:012345678901:key/11111111-2222-3333-4444-555555555555",
      permissionsBoundaryArn: "arn:aws:iam::012345678901:policy/boundary",
      bucket: "my-blobs",
      buildImage: "aws/codebuild/standard:8.0",
      compute: "large",
      alarmEmail: "ops@example.com",
      logRetentionDays: 90,
      frozenTags: ["v*.*"],
      removeImages: true,
      checkCaller: false,
      projectStacks: 3,
    });
  });

  test.for<[string, number, RegExp]>([
    ["aws:\n  nmae: x", 2, /unknown key `nmae`/],
    ["aws:\n  name: Slipway", 2, /lower-case/],
    ["aws:\n  compute: small\n  account: 012345678901", 3, /12 digits in quotes/],
    ["aws:\n  region: Frankfurt", 2, /region such as/],
    ["aws:\n  url: http://plain.example.com", 2, /https/],
    ["aws:\n  log_retention_days: 31", 2, /must be one of 1, 3, 5/],
    ["aws:\n  vpc: {id: vpc-11111111, subnets: [], security_groups: [sg-11111111]}", 2, /./],
    [
      "aws:\n  vpc:\n    id: vpc-11111111\n    subnets: [x]\n    security_groups: [sg-11111111]",
      4,
      /subnet/,
    ],
    ["aws:\n  domain: {name: a.example.com, certificate: cert}", 2, /ARN such as/],
    [
      "aws:\n  url: https://a.example\n  domain: {name: a.example, certificate: 'arn:aws:acm:r:a:certificate/x'}",
      1,
      /not both/,
    ],
    ["aws:\n  project_stacks: 0", 2, /./],
    ["aws:\n  frozen_tags: ['v 1']", 2, /wildcard/],
  ])("%j is a problem in line %i", ([text, line, message]) => {
    const parsed = parseSettings(text);
    expect(parsed).toEqual({
      problems: [expect.objectContaining({ line, message: expect.stringMatching(message) })],
    });
  });
});

test("a project has its own Docker server, the default's, or none", () => {
  const settings = read(`
defaults: {docker_server: small}
projects:
  a: {docker_server: large}
  b:
  c: {docker_server: false}
`);
  expect(["a", "b", "c"].map((path) => settingsOf(settings, path).dockerServer)).toEqual([
    "large",
    "small",
    undefined,
  ]);
});

describe("what cannot be on AWS", () => {
  const text = `
forges:
  lab: {kind: gitlab, token: {secret: t}, clone_token: {secret: r}}
projects:
  group/fine: {forge: lab}
  Group/Upper: {forge: lab}
  group/homeless:
  group/two__marks: {forge: lab}
  группа/app: {forge: lab}
  группа/no-images: {forge: lab, registry: false}
  group/Fine/below: {forge: lab}
  group/fine/no-images: {forge: lab, registry: false}
  group/served: {forge: lab, executor: shell, docker_server: small}
  group/unserved: {forge: lab, docker_server: small}
`;
  test("names the project's line", () => {
    expect(awsProblems(text, read(text))).toEqual([
      expect.objectContaining({ line: 7, message: expect.stringMatching(/names no `forge`/) }),
      expect.objectContaining({ line: 8, message: expect.stringMatching(/Amazon ECR/) }),
      expect.objectContaining({
        line: 9,
        message: expect.stringMatching(/cannot have an image repository/),
      }),
      expect.objectContaining({
        line: 11,
        message: expect.stringMatching(/below those of `group\/fine`/),
      }),
      expect.objectContaining({ line: 14, message: expect.stringMatching(/executor: shell/) }),
    ]);
  });
});

test("slipway.example.yaml names every setting, and is right when its comments are taken away", () => {
  const file = readFileSync(new URL("../../slipway.example.yaml", import.meta.url), "utf8");
  const section = file.slice(file.indexOf("# aws:")).replaceAll(/^# /gm, "");
  const { aws } = read(section);
  expect(aws).toMatchObject(toAwsSettings());
  const given = Object.keys(awsSchema._zod.def.shape).filter((key) => key !== "url");
  for (const key of given) expect(section).toMatch(new RegExp(`^  ${key}:`, "m"));
});
