import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { envSchema as builds } from "#functions/builds/env.ts";
import { envSchema as http } from "#functions/http/env.ts";
import { envSchema as sweep } from "#functions/sweep/env.ts";
import { envSchema as work } from "#functions/work/env.ts";
import { type ReadTemplate, templateText } from "../../infra/template-text.ts";
import { everyProject, propertiesOf, resourcesOf, templatesFrom } from "./stubs.ts";

const templates = templatesFrom(
  `aws: {project_stacks: 1, alarm_email: a@example.com}\n${everyProject}`,
);
const service: ReadTemplate = templates.get("Slipway") ?? { Resources: {} };

const queues = propertiesOf(templates, "AWS::SQS::Queue");
const named = (name: string) => queues.find(({ QueueName }) => QueueName === name);

describe("no message is lost in silence", () => {
  test.for([
    ["slipway-work.fifo", "slipway-work-dead.fifo"],
    ["slipway-later", "slipway-later-dead"],
  ] as const)("what fails in %s again and again goes to %s", ([from, to]) => {
    const policy = z.parse(
      z.object({ deadLetterTargetArn: z.unknown(), maxReceiveCount: z.number() }),
      named(from)?.RedrivePolicy,
    );
    expect(templateText(service, policy.deadLetterTargetArn)).toBe(to);
    expect(policy.maxReceiveCount).toBe(8);
    expect(named(to)).toMatchObject({ MessageRetentionPeriod: 14 * 24 * 3600 });
  });

  test("events for functions have a place to go when they cannot be delivered or handled", () => {
    const text = (value: unknown) => templateText(service, value);
    const arn = z.object({ Arn: z.unknown() });
    const [rule] = propertiesOf(templates, "AWS::Events::Rule");
    const targets = z.parse(z.array(z.object({ DeadLetterConfig: arn })), rule?.Targets);
    expect(targets.map((target) => text(target.DeadLetterConfig.Arn))).toEqual([
      "slipway-builds-dead",
    ]);
    const [schedule] = propertiesOf(templates, "AWS::Scheduler::Schedule");
    const target = z.parse(z.object({ DeadLetterConfig: arn }), schedule?.Target);
    expect(text(target.DeadLetterConfig.Arn)).toBe("slipway-sweep-dead");
    const functions = propertiesOf(templates, "AWS::Lambda::Function").flatMap((each) => {
      const letters = z.safeParse(z.object({ TargetArn: z.unknown() }), each.DeadLetterConfig);
      return letters.success ? [[each.FunctionName, text(letters.data.TargetArn)]] : [];
    });
    expect(functions).toEqual([
      ["slipway-builds", "slipway-builds-dead"],
      ["slipway-sweep", "slipway-sweep-dead"],
    ]);
  });

  test("every dead-letter queue has an alarm that mails, and says what to do", () => {
    const dead = queues
      .map(({ QueueName }) => String(QueueName))
      .filter((name) => /dead/.test(name));
    const watched = propertiesOf(templates, "AWS::CloudWatch::Alarm").flatMap((alarm) => {
      const dimensions = z.safeParse(
        z.array(z.object({ Name: z.literal("QueueName"), Value: z.unknown() })),
        alarm.Dimensions,
      );
      if (!dimensions.success || alarm.Threshold !== 1) return [];
      expect(alarm.AlarmActions).toHaveLength(1);
      expect(String(alarm.AlarmDescription).length).toBeGreaterThan(60);
      return dimensions.data.map(({ Value }) => templateText(service, Value));
    });
    expect(watched.toSorted()).toEqual(dead.toSorted());
  });

  test("both queues are read in batches of which single messages may fail", () => {
    const mappings = propertiesOf(templates, "AWS::Lambda::EventSourceMapping");
    expect(mappings.map((each) => templateText(service, each.EventSourceArn))).toEqual([
      "slipway-work.fifo",
      "slipway-later",
    ]);
    for (const mapping of mappings) {
      expect(mapping).toMatchObject({
        BatchSize: 10,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
      });
    }
  });

  test("messages become visible again only after the function had its time", () => {
    const [timeout] = propertiesOf(templates, "AWS::Lambda::Function")
      .filter(({ FunctionName }) => FunctionName === "slipway-work")
      .map(({ Timeout }) => Number(Timeout));
    for (const name of ["slipway-work.fifo", "slipway-later"]) {
      expect(Number(named(name)?.VisibilityTimeout)).toBeGreaterThan(timeout ?? Number.NaN);
    }
  });
});

describe("functions", () => {
  test.for([
    ["slipway-http", http],
    ["slipway-work", work],
    ["slipway-sweep", sweep],
    ["slipway-builds", builds],
  ] as const)("%s gets an environment that its own code accepts", ([name, schema]) => {
    const [found] = propertiesOf(templates, "AWS::Lambda::Function").filter(
      ({ FunctionName }) => FunctionName === name,
    );
    const { Variables } = z.parse(
      z.object({ Variables: z.record(z.string(), z.unknown()) }),
      found?.Environment,
    );
    const deployed = Object.fromEntries(
      Object.entries(Variables).map(([key, value]) => [
        key,
        key === "SLIPWAY_URL" ? "https://a.execute-api.aws" : templateText(service, value),
      ]),
    );
    expect(z.safeParse(schema, deployed).error).toBeUndefined();
  });

  test("run on Node 24 and arm64, are traced, and log JSON to a group of their own", () => {
    for (const each of propertiesOf(templates, "AWS::Lambda::Function")) {
      expect(each).toMatchObject({
        Runtime: "nodejs24.x",
        Architectures: ["arm64"],
        TracingConfig: { Mode: "Active" },
        LoggingConfig: { LogFormat: "JSON" },
      });
    }
  });

  test("hear of the ends of our own builds only", () => {
    const pattern = (settings: string) =>
      propertiesOf(templatesFrom(settings), "AWS::Events::Rule")[0]?.EventPattern;
    expect(pattern("projects: {group/a: {forge: lab}}")).toEqual({
      source: ["aws.codebuild"],
      "detail-type": ["CodeBuild Build State Change"],
      detail: {
        "project-name": ["slipway"],
        "build-status": ["FAILED", "FAULT", "STOPPED", "SUCCEEDED", "TIMED_OUT"],
      },
    });
    expect(
      pattern("projects: {group/a: {forge: lab, executor: shell, docker_server: small}}"),
    ).toMatchObject({
      detail: { "project-name": ["slipway", { prefix: "slipway-" }] },
    });
  });
});

test("every address goes to the service, also the first page's", () => {
  expect(
    propertiesOf(templates, "AWS::ApiGatewayV2::Route").map(({ RouteKey }) => RouteKey),
  ).toEqual(["$default"]);
});

test("no stack needs another one's outputs: each can be changed for itself", () => {
  const text = JSON.stringify([...templates.values()]);
  expect(text).not.toMatch(/Fn::ImportValue|Fn::GetStackOutput/);
  for (const { Outputs } of [...templates.values()].map((each) => ({ Outputs: each.Outputs }))) {
    expect(JSON.stringify(Outputs ?? {})).not.toContain('"Export"');
  }
});

test("there is one dashboard, and an alarm for late, failing and throttled work", () => {
  expect(Object.keys(resourcesOf(templates, "AWS::CloudWatch::Dashboard"))).toHaveLength(1);
  const names = propertiesOf(templates, "AWS::CloudWatch::Alarm").map(({ AlarmName }) => AlarmName);
  expect(names).toEqual(
    expect.arrayContaining(["slipway-work-late", "slipway-http-errors", "slipway-work-throttles"]),
  );
});
