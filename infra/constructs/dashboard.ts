import { Duration } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  Metric,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { FunctionName } from "#functions/bundle.ts";
import type { WorkQueues } from "./work-queues.ts";

/** One page: what is alarmed, what comes in, what waits, what runs. */
export function dashboard(
  scope: Construct,
  props: {
    readonly name: string;
    readonly codebuildProject: string;
    readonly queues: WorkQueues;
    readonly functions: Readonly<Record<FunctionName, IFunction>>;
    readonly api: HttpApi;
    readonly alarms: readonly Alarm[];
  },
): Dashboard {
  const period = Duration.minutes(1);
  const { api, queues } = props;
  const functions = Object.values(props.functions);
  const builds = (metricName: string, statistic: string) =>
    new Metric({
      namespace: "AWS/CodeBuild",
      metricName,
      statistic,
      period: Duration.minutes(5),
      dimensionsMap: { ProjectName: props.codebuildProject },
    });
  const graph = (title: string, left: Metric[], right: Metric[] = []) =>
    new GraphWidget({ title, left, right, width: 12 });
  return new Dashboard(scope, "Dashboard", {
    dashboardName: props.name,
    widgets: [
      [new AlarmStatusWidget({ title: "Alarms", alarms: [...props.alarms], width: 24, height: 4 })],
      [
        graph(
          "Requests",
          [
            api.metricCount({ period, statistic: "sum" }),
            api.metricClientError({ period, statistic: "sum" }),
            api.metricServerError({ period, statistic: "sum" }),
          ],
          [api.metricLatency({ period, statistic: "p99" })],
        ),
        graph(
          "Waiting work, and its age",
          [queues.work, queues.later].map((queue) =>
            queue.metricApproximateNumberOfMessagesVisible({ period, statistic: "max" }),
          ),
          [queues.work, queues.later].map((queue) =>
            queue.metricApproximateAgeOfOldestMessage({ period, statistic: "max" }),
          ),
        ),
      ],
      [
        graph(
          "Functions: calls and errors",
          functions.map((each) => each.metricInvocations({ period })),
          functions.map((each) => each.metricErrors({ period })),
        ),
        graph(
          "Functions: milliseconds (p99)",
          functions.map((each) => each.metricDuration({ period, statistic: "p99" })),
        ),
      ],
      [
        graph("Builds", [
          builds("Builds", "sum"),
          builds("SucceededBuilds", "sum"),
          builds("FailedBuilds", "sum"),
        ]),
        graph("Builds: seconds", [
          builds("QueuedDuration", "p90"),
          builds("ProvisioningDuration", "p90"),
          builds("Duration", "p90"),
        ]),
      ],
    ],
  });
}
