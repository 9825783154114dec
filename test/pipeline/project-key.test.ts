import { expect, test } from "vitest";
import { isSamePath, isSameProject, type ProjectKey, projectText } from "#pipeline/project-key.ts";

const app: ProjectKey = { forge: "team", project: "Group/App" };

test.each([
  [{ forge: "team", project: "group/app" }, true],
  [{ forge: "team", project: "Group/App" }, true],
  [{ forge: "Team", project: "Group/App" }, false],
  [{ forge: "local", project: "Group/App" }, false],
  [{ forge: "team", project: "Group/App2" }, false],
] as const)("%o is the same project: %s", (other, isSame) => {
  expect(isSameProject(app, other)).toBe(isSame);
  expect(projectText(app) === projectText(other)).toBe(isSame);
});

test("a path is the same in any case, and the text of a project has one", () => {
  expect(isSamePath("Group/App", "gROUP/aPP")).toBe(true);
  expect(isSamePath("group/app", "group-app")).toBe(false);
  expect(projectText(app)).toBe("team/group/app");
});
