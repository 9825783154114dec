import { Duration, Stack } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import type { FunctionName } from "#functions/bundle.ts";
import { acknowledge } from "../acknowledge.ts";
import type { WorkQueues } from "./work-queues.ts";

/** Work that waits longer than this is late: the sweep alone sends every minute. */
const lateSeconds = 600;

const advice: Readonly<Record<keyof WorkQueues["dead"], string>> = {
  work: "Work was set aside after many failures. See the log of the function work, then send it back: SQS, Start DLQ redrive. The sweep looks at open pipelines meanwhile.",
  later:
    "A delayed look was set aside after many failures. See the log of the function work, then send it back: SQS, Start DLQ redrive.",
  builds:
    "CodeBuild events could not be delivered. Nothing is lost, the sweep finds the builds' ends within a minute or two; see the log of the function builds, then purge.",
  sweep:
    "The sweep did not run. See the log of the function sweep; the next minute's run makes it good, then purge.",
};

/** Tells when work is lost, late or failing; by e-mail where there is an address. */
export function alarms(
  scope: Construct,
  props: {
    readonly name: string;
    readonly queues: WorkQueues;
    readonly functions: Readonly<Record<FunctionName, IFunction>>;
    readonly api: HttpApi;
    readonly email?: string;
  },
): readonly Alarm[] {
  const action = props.email === undefined ? undefined : mailing(scope, props.name, props.email);
  const made: Alarm[] = [];
  const alarm = (id: string, metric: IMetric, threshold: number, description: string, of = 1) => {
    const each = new Alarm(scope, `${id}-alarm`, {
      alarmName: `${props.name}-${id}`,
      alarmDescription: description,
      metric,
      threshold,
      evaluationPeriods: of,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (action !== undefined) {
      each.addAlarmAction(action);
      each.addOkAction(action);
    }
    made.push(each);
  };
  const minute = { period: Duration.minutes(1) };
  const fiveMinutes = { period: Duration.minutes(5) };
  for (const [hop, queue] of Object.entries(props.queues.dead)) {
    const metric = queue.metricApproximateNumberOfMessagesVisible({ ...minute, statistic: "max" });
    alarm(`${hop}-dead`, metric, 1, isHop(hop) ? advice[hop] : hop);
  }
  for (const [name, each] of Object.entries(props.functions)) {
    alarm(`${name}-errors`, each.metricErrors(fiveMinutes), 5, `The function ${name} fails.`, 2);
    alarm(
      `${name}-throttles`,
      each.metricThrottles(fiveMinutes),
      1,
      `The function ${name} is held back: raise the account's Lambda concurrency.`,
      2,
    );
  }
  for (const [name, queue] of [
    ["work", props.queues.work],
    ["later", props.queues.later],
  ] as const) {
    alarm(
      `${name}-late`,
      queue.metricApproximateAgeOfOldestMessage({ ...minute, statistic: "max" }),
      lateSeconds,
      `Work waits in the queue ${queue.queueName} for ten minutes: see the function work.`,
      3,
    );
  }
  alarm(
    "api-5xx",
    props.api.metricServerError({ ...fiveMinutes, statistic: "sum" }),
    5,
    "The API answers 5xx: see the function http. Forges send such webhooks again.",
    2,
  );
  return made;
}

function isHop(hop: string): hop is keyof typeof advice {
  return Object.hasOwn(advice, hop);
}

function mailing(scope: Construct, name: string, email: string): IAlarmAction {
  const topic = new Topic(scope, "alarm-topic", { topicName: `${name}-alarms`, enforceSSL: true });
  // A policy of its own takes the place of SNS's, which lets all of the account publish: alarms would be mute.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      actions: ["sns:Publish"],
      resources: [topic.topicArn],
      conditions: { StringEquals: { "aws:SourceAccount": Stack.of(scope).account } },
    }),
  );
  topic.addSubscription(new EmailSubscription(email));
  acknowledge(topic, {
    "Serverless-SNSRedrivePolicy":
      "SNS keeps no e-mail for later; the alarm's state stays visible.",
  });
  return new SnsAction(topic);
}
