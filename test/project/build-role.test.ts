import { describe, expect, test } from "vitest";
import { buildRoleArn, buildRoleName, codebuildProjectName } from "#project/build-role.ts";

const installation = { name: "slipway", region: "eu-central-1" };
const deep = `${"very-long-group-name/".repeat(8)}app`;

describe("build roles", () => {
  test.for<[string, "push" | "pull"]>([
    ["group/app", "push"],
    ["group/app", "pull"],
    [deep, "push"],
    [deep, "pull"],
    ["Группа/приложение", "push"],
  ])("the name for %s (%s) is one that IAM accepts", ([project, access]) => {
    const name = buildRoleName(project, access, {
      name: "a-name-of-16-chr",
      region: "ap-southeast-1",
    });
    expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,63}$/);
  });

  test("projects whose names read alike have different roles", () => {
    const names = ["group/app", "group-app", "group/app-", "group.app", deep, `${deep}s`].flatMap(
      (project) => [
        buildRoleName(project, "push", installation),
        buildRoleName(project, "pull", installation),
      ],
    );
    expect(new Set(names).size).toBe(names.length);
  });

  test("paths that differ only in case share a role, as they share images", () => {
    expect(buildRoleName("Group/App", "push", installation)).toBe(
      buildRoleName("group/app", "push", installation),
    );
  });

  test("regions and installations of one account have roles of their own", () => {
    const names = [
      installation,
      { ...installation, region: "eu-west-1" },
      { ...installation, name: "staging" },
    ].map((each) => buildRoleName("group/app", "push", each));
    expect(new Set(names).size).toBe(3);
  });

  test("the ARN is the functions' prefix and the name that the stacks gave the role", () => {
    expect(
      buildRoleArn(
        "arn:aws:iam::111122223333:role/slipway/builds/",
        "eu-central-1",
        "group/app",
        "pull",
      ),
    ).toBe(
      `arn:aws:iam::111122223333:role/slipway/builds/${buildRoleName("group/app", "pull", installation)}`,
    );
    expect(() => buildRoleArn("arn:aws:iam::111122223333:role/x", "r", "p", "push")).toThrow(
      /builds/,
    );
  });
});

describe("CodeBuild projects", () => {
  test("projects share one, but for those with a Docker server", () => {
    expect(codebuildProjectName("slipway", { path: "group/app" })).toBe("slipway");
    const own = codebuildProjectName("slipway", { path: deep, dockerServer: "small" });
    expect(own).toMatch(/^slipway-very-long-[A-Za-z0-9_-]{0,140}$/);
    expect(own.length).toBeLessThanOrEqual(150);
  });
});
