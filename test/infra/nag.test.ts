import { type App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import type { IConstruct } from "constructs";
import { expect, test } from "vitest";
import { appFrom, everyChoice, everyProject } from "./stubs.ts";

const plain = `aws: {project_stacks: 1, alarm_email: ops@example.com}\n${everyProject}`;

/** Rule and construct of each finding of the packs AWS Solutions and Serverless. */
function findingsOf(app: App): readonly string[] {
  return [new AwsSolutionsChecks(), new ServerlessChecks()]
    .flatMap((pack) => pack.validateScope(app).violations)
    .flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    );
}

/** What is accepted, and why. */
function acknowledgements(app: App): readonly { path: string; rule: string; reason: string }[] {
  const key = Validations.ACKNOWLEDGED_RULES_METADATA_KEY;
  return app.node.findAll().flatMap((construct: IConstruct) => {
    const entries = construct.node.metadata.filter(({ type }) => type === key);
    return entries.flatMap(({ data }) =>
      Object.entries(data).map(([rule, reason]) => ({
        path: construct.node.path,
        rule: rule.replace(/^annotation::/i, ""),
        reason: String(reason),
      })),
    );
  });
}

test.for([
  ["as it is by default", plain],
  ["with everything that can be chosen", everyChoice],
] as const)("cdk-nag has nothing to say to the stacks %s", ([, settings]) => {
  expect(findingsOf(appFrom(settings))).toEqual([]);
});

test("every finding that is accepted has a reason in words", () => {
  const accepted = acknowledgements(appFrom(everyChoice));
  expect(accepted.length).toBeGreaterThan(20);
  for (const { rule, reason } of accepted) {
    expect(rule).toMatch(/^(?:AwsSolutions|Serverless)-\w+|^@aws-cdk\//);
    expect(reason.split(" ").length).toBeGreaterThanOrEqual(5);
  }
});
