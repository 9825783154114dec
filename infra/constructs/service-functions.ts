import { Duration } from "aws-cdk-lib";
import type { Function as Lambda } from "aws-cdk-lib/aws-lambda";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type * as z from "zod/mini";
import type { envSchema as buildsEnv } from "#functions/builds/env.ts";
import type { FunctionName } from "#functions/bundle.ts";
import type { envSchema as httpEnv } from "#functions/http/env.ts";
import type { envSchema as sweepEnv } from "#functions/sweep/env.ts";
import type { envSchema as workEnv } from "#functions/work/env.ts";
import { acknowledge } from "../acknowledge.ts";
import type { Assets } from "../assets.ts";
import { grantsOf } from "../permissions.ts";
import { type FunctionPlace, serviceFunction } from "./service-function.ts";
import type { WorkQueues } from "./work-queues.ts";

export type ServiceFunctionsProps = {
  readonly place: FunctionPlace;
  readonly assets: Assets;
  readonly queues: WorkQueues;
  readonly bucket: IBucket;
  readonly hasDockerServers: boolean;
  readonly url: string;
  readonly version: string;
};

/** The four functions. Their environments have the types that their own code reads them with. */
export function serviceFunctions(
  scope: Construct,
  props: ServiceFunctionsProps,
): Readonly<Record<FunctionName, Lambda>> {
  const { place, assets, queues } = props;
  const { names } = place;
  const options = {
    bucketArn: props.bucket.bucketArn,
    hasDockerServers: props.hasDockerServers,
  };
  const service = {
    SLIPWAY_URL: props.url,
    SLIPWAY_TABLE: names.table.name,
    SLIPWAY_BUCKET: props.bucket.bucketName,
    SLIPWAY_WORK_QUEUE_URL: queues.work.queueUrl,
    SLIPWAY_LATER_QUEUE_URL: queues.later.queueUrl,
    SLIPWAY_SECRETS_PREFIX: names.secretsPrefix,
    SLIPWAY_CODEBUILD_PROJECT: names.codebuildProject,
    SLIPWAY_BUILD_ROLES: names.buildRoles,
    SLIPWAY_REGISTRY: names.registry,
    SLIPWAY_VERSION: props.version,
  };
  const common = (name: FunctionName) => ({
    place,
    code: assets.functions[name],
    grants: grantsOf(name, names, options),
  });
  const http = serviceFunction<z.input<typeof httpEnv>>(scope, "http", {
    ...common("http"),
    environment: service,
    // HTTP APIs give up after 30 seconds.
    timeoutSeconds: 29,
    memoryMegabytes: 1024,
  });
  const work = serviceFunction<z.input<typeof workEnv>>(scope, "work", {
    ...common("work"),
    environment: service,
    timeoutSeconds: 60,
    memoryMegabytes: 1024,
  });
  const builds = serviceFunction<z.input<typeof buildsEnv>>(scope, "builds", {
    ...common("builds"),
    environment: { SLIPWAY_WORK_QUEUE_URL: queues.work.queueUrl },
    timeoutSeconds: 15,
    memoryMegabytes: 256,
    deadLetters: queues.dead.builds,
  });
  const sweep = serviceFunction<z.input<typeof sweepEnv>>(scope, "sweep", {
    ...common("sweep"),
    environment: service,
    timeoutSeconds: 55,
    memoryMegabytes: 512,
    deadLetters: queues.dead.sweep,
  });
  builds.configureAsyncInvoke({ retryAttempts: 2, maxEventAge: Duration.minutes(30) });
  sweep.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
  acknowledge(http, {
    "Serverless-LambdaDLQ":
      "Called synchronously: who asked is told, and forges send a webhook again.",
  });
  acknowledge(work, {
    "Serverless-LambdaDLQ": "Reads from queues, which have dead-letter queues of their own.",
    "Serverless-LambdaEventSourceMappingDestination":
      "For queues the redrive policy takes this place: each has a dead-letter queue.",
  });
  for (const each of [builds, sweep]) {
    acknowledge(each, {
      "Serverless-LambdaAsyncFailureDestination":
        "Its dead-letter queue receives the event itself; a destination would be a second copy.",
    });
  }
  return { http, work, builds, sweep };
}
