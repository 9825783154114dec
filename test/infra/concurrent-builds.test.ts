import { expect, test } from "vitest";
import { everyProject, propertiesOf, templatesFrom } from "./stubs.ts";

test.for([
  ["", undefined],
  [", concurrent_builds: 20", 20],
] as const)(
  "with aws: {…%s} each CodeBuild project runs %s builds at a time",
  ([setting, limit]) => {
    const templates = templatesFrom(`aws: {project_stacks: 1${setting}}\n${everyProject}`);
    const projects = propertiesOf(templates, "AWS::CodeBuild::Project");
    expect(projects.length).toBeGreaterThan(0);
    for (const project of projects) expect(project.ConcurrentBuildLimit).toBe(limit);
  },
);
