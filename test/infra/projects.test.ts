import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { buildRoleName, codebuildProjectName } from "#project/build-role.ts";
import { stackNumberOf } from "../../infra/assign-stack.ts";
import {
  account,
  everyProject,
  propertiesOf,
  region,
  settingsFrom,
  templatesFrom,
} from "./stubs.ts";

const tag = (role: Readonly<Record<string, unknown>>) =>
  JSON.stringify(role.Tags).match(/"buildRepo","Value":"([^"]*)"/)?.[1];

const templates = templatesFrom(`aws: {project_stacks: 1}\n${everyProject}`);
const names = { name: "slipway", region };
const roles = propertiesOf(templates, "AWS::IAM::Role").filter(
  ({ Path, Description }) => Path === "/slipway/builds/" && Description === undefined,
);

const trustSchema = z.object({
  AssumeRolePolicyDocument: z.object({
    Statement: z.tuple([
      z.object({
        Effect: z.literal("Allow"),
        Action: z.literal("sts:AssumeRole"),
        Principal: z.object({ Service: z.literal("codebuild.amazonaws.com") }),
        Condition: z.unknown(),
      }),
    ]),
  }),
});
const joined = z.object({ "Fn::Join": z.tuple([z.literal(""), z.array(z.unknown())]) });

/** The conditions of a role's only statement of trust, its ARNs put together. */
function trustOf(role: unknown): unknown {
  const [{ Condition }] = z.parse(trustSchema, role).AssumeRolePolicyDocument.Statement;
  const text = JSON.stringify(Condition, (_, value: unknown) => {
    const parts = z.safeParse(joined, value);
    if (!parts.success) return value;
    return parts.data["Fn::Join"][1]
      .map((part) => (typeof part === "string" ? part : "AWS::Partition"))
      .join("");
  });
  return JSON.parse(text);
}

describe("a project", () => {
  test("has a role for its builds, tagged with its repository; another where forks may ask for builds", () => {
    expect(roles.map((role) => [role.RoleName, tag(role)])).toEqual([
      [buildRoleName("group/app", "push", names), "group/app"],
      [buildRoleName("group/forked", "push", names), "group/forked"],
      [buildRoleName("group/forked", "pull", names), "group/forked"],
      [buildRoleName("group/server", "push", names), "group/server"],
      [buildRoleName("group/plain", "push", names), undefined],
    ]);
  });

  test("has roles that CodeBuild takes for its own CodeBuild projects in this account only", () => {
    const shared = `arn:AWS::Partition:codebuild:${region}:${account}:project/slipway`;
    for (const role of roles) {
      const path = String(tag(role) ?? "group/plain");
      const own = codebuildProjectName("slipway", { path, dockerServer: "small" });
      expect(trustOf(role)).toEqual({
        StringEquals: { "aws:SourceAccount": account },
        ArnLike: { "aws:SourceArn": [shared, shared.replace(/slipway$/, own)] },
      });
    }
    const [forAll, ...others] = propertiesOf(templates, "AWS::IAM::Role").filter(
      ({ Path, Description }) => Path === "/slipway/builds/" && Description !== undefined,
    );
    expect(others).toEqual([]);
    expect(trustOf(forAll)).toEqual({
      StringEquals: { "aws:SourceAccount": account },
      ArnLike: { "aws:SourceArn": [shared, `${shared}-*`] },
    });
  });

  test("has a repository whose versions are frozen, branches move and pushes are scanned", () => {
    const repositories = propertiesOf(templates, "AWS::ECR::Repository");
    expect(repositories.map(({ RepositoryName }) => RepositoryName)).toEqual([
      "group/app",
      "group/forked",
      "group/server",
    ]);
    for (const repository of repositories) {
      expect(repository).toMatchObject({
        ImageScanningConfiguration: { ScanOnPush: true },
        ImageTagMutability: "MUTABLE_WITH_EXCLUSION",
        ImageTagMutabilityExclusionFilters: ["sha-*", "v*"].map((pattern) => ({
          ImageTagMutabilityExclusionFilterType: "WILDCARD",
          ImageTagMutabilityExclusionFilterValue: pattern,
        })),
      });
      const policy = JSON.stringify(repository.LifecyclePolicy);
      expect(policy).toContain("cache-*");
      expect(policy).toContain("untagged");
    }
  });

  test("may be pushed to below its repository, where all tags of layer caches move", () => {
    const made = propertiesOf(templates, "AWS::ECR::RepositoryCreationTemplate").filter(
      ({ Prefix }) => String(Prefix).startsWith("group/app"),
    );
    expect(made).toEqual([
      expect.objectContaining({
        Prefix: "group/app",
        AppliedFor: ["CREATE_ON_PUSH"],
        ImageTagMutability: "MUTABLE_WITH_EXCLUSION",
      }),
      expect.objectContaining({
        Prefix: "group/app/cache",
        AppliedFor: ["CREATE_ON_PUSH"],
        ImageTagMutability: "MUTABLE",
      }),
    ]);
  });

  test("with a Docker server has a CodeBuild project of its own; others share one", () => {
    const server = codebuildProjectName("slipway", { path: "group/server", dockerServer: "small" });
    expect(
      propertiesOf(templates, "AWS::CodeBuild::Project").map(({ Name, Environment }) => [
        Name,
        JSON.stringify(Environment).includes("DockerServer"),
      ]),
    ).toEqual([
      ["slipway", false],
      [server, true],
    ]);
  });

  test("is told where to send its webhooks, and where their secret is", () => {
    const outputs = templates.get("SlipwayProjects1")?.Outputs;
    expect(JSON.stringify(outputs)).toContain("/webhooks/lab/group/app");
    expect(JSON.stringify(outputs)).toContain(
      "npx slipway secret show webhook/lab/group/app --aws",
    );
  });

  test("tags freeze as the settings say", () => {
    const free = templatesFrom("aws: {frozen_tags: []}\nprojects: {group/app: {forge: lab}}");
    expect(propertiesOf(free, "AWS::ECR::Repository")[0]).toMatchObject({
      ImageTagMutability: "MUTABLE",
    });
  });
});

describe("CodeBuild's project", () => {
  test("holds nothing of a single build: no secret, no report group, no retry of its own", () => {
    const [shared] = propertiesOf(templates, "AWS::CodeBuild::Project");
    expect(shared).toMatchObject({
      Name: "slipway",
      AutoRetryLimit: 0,
      Source: { Type: "S3" },
      Artifacts: { Type: "NO_ARTIFACTS" },
      Environment: { PrivilegedMode: true, ComputeType: "BUILD_GENERAL1_SMALL" },
      Cache: { Type: "LOCAL", Modes: ["LOCAL_DOCKER_LAYER_CACHE"] },
    });
    expect(shared).not.toHaveProperty("ConcurrentBuildLimit");
    expect(JSON.stringify(shared?.Environment)).not.toContain("EnvironmentVariables");
  });
});

describe("many projects", () => {
  const paths = (count: number) =>
    Array.from({ length: count }, (_, index) => `group-${index % 50}/project-${index}`);
  const text = (all: readonly string[]) =>
    `projects: {${all.map((path) => `${path}: {forge: lab}`).join(", ")}}`;
  const stackOf = (path: string) => stackNumberOf(path, settingsFrom("").aws.projectStacks);

  test("a project's stack follows from its path: it stays where it is, whatever else there is", () => {
    // Of an installation that is deployed: another number would move the project.
    expect(["group/app", "Group/App"].map(stackOf)).toEqual([14, 14]);
    const before = templatesFrom(text(paths(40)));
    const after = templatesFrom(text([...paths(39), "new/one"]));
    const held = (of: typeof before, stack: string) =>
      JSON.stringify(of.get(stack)?.Resources ?? {});
    const touched = [stackOf("new/one"), stackOf(paths(40)[39] ?? "")].map(
      (number) => `SlipwayProjects${number}`,
    );
    const others = [...before.keys()].filter((name) => !touched.includes(name));
    expect(others.length).toBeGreaterThan(15);
    for (const name of others.filter((each) => each !== "Slipway")) {
      expect(held(after, name)).toBe(held(before, name));
    }
    expect(held(after, "Slipway")).toBe(held(before, "Slipway"));
  });

  test("2,000 projects fit into their stacks, each below CloudFormation's limits", () => {
    const all = templatesFrom(text(paths(2000)));
    const stacks = [...all].filter(([name]) => name.startsWith("SlipwayProjects"));
    expect(stacks).toHaveLength(32);
    expect(propertiesOf(all, "AWS::ECR::Repository")).toHaveLength(2000);
    for (const [, { Resources, Outputs }] of stacks) {
      expect(Object.keys(Resources).length).toBeLessThanOrEqual(500);
      expect(Object.keys(Outputs ?? {}).length).toBeLessThanOrEqual(200);
    }
  });
});
