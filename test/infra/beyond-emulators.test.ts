import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { principalsOf } from "../../infra/principals.ts";
import { templateText } from "../../infra/template-text.ts";
import {
  account,
  everyChoice,
  everyProject,
  propertiesOf,
  region,
  templatesFrom,
} from "./stubs.ts";

// What AWS itself insists on and no emulator checks.

const plain = templatesFrom(
  `aws: {project_stacks: 1, alarm_email: a@example.com}\n${everyProject}`,
);
const chosen = templatesFrom(everyChoice);
const service = plain.get("Slipway") ?? { Resources: {} };

function statementsOf(templates: typeof plain, name: string) {
  return [...templates.values()]
    .flatMap((template) => principalsOf(template))
    .filter((principal) => principal.name === name)
    .flatMap(({ statements }) => statements);
}

test("alarms may publish to the topic, whose own policy takes the place of SNS's", () => {
  const [policy] = propertiesOf(plain, "AWS::SNS::TopicPolicy");
  const { Statement } = z.parse(
    z.object({ Statement: z.array(z.record(z.string(), z.unknown())) }),
    policy?.PolicyDocument,
  );
  expect(Statement).toContainEqual(
    expect.objectContaining({
      Effect: "Allow",
      Action: "sns:Publish",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Condition: { StringEquals: { "aws:SourceAccount": account } },
    }),
  );
});

test("groups of the work queue do not share 300 calls a second", () => {
  for (const queue of propertiesOf(plain, "AWS::SQS::Queue")) {
    if (queue.FifoQueue !== true) continue;
    expect(queue).toMatchObject({
      DeduplicationScope: "messageGroup",
      FifoThroughputLimit: "perMessageGroupId",
    });
  }
});

test("the API's one route has no metrics of its own, which are paid for", () => {
  const [stage] = propertiesOf(plain, "AWS::ApiGatewayV2::Stage");
  expect(stage?.DefaultRouteSettings).toEqual({
    ThrottlingBurstLimit: 4000,
    ThrottlingRateLimit: 2000,
  });
});

test("functions' stack traces name our files", () => {
  for (const { Environment } of propertiesOf(plain, "AWS::Lambda::Function")) {
    expect(Environment).toMatchObject({ Variables: { NODE_OPTIONS: "--enable-source-maps" } });
  }
});

test("whoever uses a table with a key of one's own may use the key as DynamoDB asks", () => {
  for (const name of ["http", "work", "sweep"]) {
    const actions = statementsOf(chosen, `slipway-${name}-${region}`).flatMap(
      (each) => each.actions,
    );
    expect(actions).toEqual(
      expect.arrayContaining(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ReEncryptTo"]),
    );
  }
});

test("the signing key's secret may be made before it has the end of its ARN", () => {
  const [statement] = statementsOf(plain, `slipway-http-${region}`).filter(({ actions }) =>
    actions.includes("secretsmanager:CreateSecret"),
  );
  expect(statement?.resources.map((each) => each.split(":secret:")[1])).toEqual([
    "slipway/id-token-key*",
  ]);
});

describe("the runner", () => {
  const locations = propertiesOf(plain, "AWS::CodeBuild::Project").map(({ Source }) => {
    const { Location } = z.parse(z.object({ Location: z.unknown() }), Source);
    return templateText(service, Location);
  });
  const statements = statementsOf(plain, `slipway-${region}-builds-pull`);

  test("of every version and stack can be read by builds: one that waits through a deployment starts", () => {
    expect(locations).toHaveLength(2);
    const [readable] = statements
      .filter(({ actions }) => actions.includes("s3:GetObject"))
      .flatMap(({ resources }) => resources);
    const [start = "", end = ""] = (readable?.split(":::")[1] ?? "").split("*");
    expect(start).toMatch(/\/slipway\/$/);
    for (const location of locations) {
      expect(location.startsWith(start) && location.endsWith(end)).toBe(true);
    }
  });

  test("is in a bucket whose owner and place CodeBuild may ask for", () => {
    const [bucket] = (locations[0] ?? "").split("/");
    const asking = statements.filter(({ actions }) => actions.includes("s3:GetBucketLocation"));
    expect(asking).toEqual([
      expect.objectContaining({
        actions: ["s3:GetBucketAcl", "s3:GetBucketLocation"],
        resources: [expect.stringMatching(`^arn:[^:]+:s3:::${bucket}$`)],
      }),
    ]);
  });
});

test.for(["images/build:v1", "amazonaws:2", "ecr"])(
  "a build image %s of ECR keeps its name and tag",
  (image) => {
    const name = `${account}.dkr.ecr.${region}.amazonaws.com/${image}`;
    const [project] = propertiesOf(
      templatesFrom(`aws: {build_image: "${name}"}\nprojects: {group/a: {forge: lab}}`),
      "AWS::CodeBuild::Project",
    );
    const { Image } = z.parse(z.object({ Image: z.unknown() }), project?.Environment);
    expect(templateText({ Resources: {} }, Image)).toContain(`/${image}`);
    expect(templateText({ Resources: {} }, Image).endsWith(image)).toBe(true);
  },
);
