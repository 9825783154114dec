import { Duration } from "aws-cdk-lib";
import { Rule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Function as Lambda } from "aws-cdk-lib/aws-lambda";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";

/** How a build ends. That it has begun is told by its runner. */
const endStatuses = ["FAILED", "FAULT", "STOPPED", "SUCCEEDED", "TIMED_OUT"];

/** Sends the ends of our builds to a function: hints, since CodeBuild may lose some. */
export function buildEvents(
  scope: Construct,
  props: {
    readonly to: Lambda;
    readonly deadLetters: IQueue;
    readonly codebuildProject: string;
    readonly hasDockerServers: boolean;
  },
): void {
  const { codebuildProject } = props;
  new Rule(scope, "BuildEvents", {
    description: "Slipway: a build has ended",
    eventPattern: {
      source: ["aws.codebuild"],
      detailType: ["CodeBuild Build State Change"],
      detail: {
        "project-name": [
          codebuildProject,
          ...(props.hasDockerServers ? [{ prefix: `${codebuildProject}-` }] : []),
        ],
        "build-status": endStatuses,
      },
    },
    targets: [
      new LambdaFunction(props.to, {
        deadLetterQueue: props.deadLetters,
        retryAttempts: 10,
        maxEventAge: Duration.minutes(30),
      }),
    ],
  });
}

/** Runs a function every minute. A run that fails is not repeated: the next one is near. */
export function everyMinute(
  scope: Construct,
  props: {
    readonly name: string;
    readonly roleName: string;
    readonly to: Lambda;
    readonly deadLetters: IQueue;
  },
): void {
  const role = new Role(scope, "schedule-role", {
    roleName: props.roleName,
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com"),
    description: "Slipway: starts the sweep",
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: ["lambda:InvokeFunction"],
      resources: [props.to.functionArn],
    }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: ["sqs:SendMessage"],
      resources: [props.deadLetters.queueArn],
    }),
  );
  const schedule = new CfnSchedule(scope, "Schedule", {
    name: props.name,
    description: "Slipway: looks at everything unfinished",
    scheduleExpression: "rate(1 minute)",
    flexibleTimeWindow: { mode: "OFF" },
    target: {
      arn: props.to.functionArn,
      roleArn: role.roleArn,
      deadLetterConfig: { arn: props.deadLetters.queueArn },
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
    },
  });
  schedule.node.addDependency(role);
}
