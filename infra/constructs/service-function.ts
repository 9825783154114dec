import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { FunctionName } from "#functions/bundle.ts";
import { defined } from "#language/defined.ts";
import { acknowledgePattern } from "../acknowledge.ts";
import type { Names } from "../names.ts";
import { type Grant, networkGrants } from "../permissions.ts";
import { allow } from "./allow.ts";
import type { Network } from "./network.ts";

export type FunctionPlace = {
  readonly names: Names;
  readonly retentionDays: number;
  readonly key?: IKey;
  readonly network?: Network;
};

export type FunctionProps<Environment> = {
  readonly place: FunctionPlace;
  /** The directory that its bundle is in. */
  readonly code: string;
  readonly environment: Environment;
  readonly grants: readonly Grant[];
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  /** For events that Lambda itself gave up. */
  readonly deadLetters?: IQueue;
};

/**
 * One of the service's functions: Node 24 on arm64, its own log group, X-Ray traces, and a role that may do what
 * `grants` lists, write that log, and no more.
 */
export function serviceFunction<Environment extends Readonly<Record<string, string | undefined>>>(
  scope: Construct,
  name: FunctionName,
  props: FunctionProps<Environment>,
): LambdaFunction {
  const { names, retentionDays, key, network } = props.place;
  const logGroup = new LogGroup(scope, `${name}-log`, {
    logGroupName: names.functionLogGroup(name),
    retention: retentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
    ...defined({ encryptionKey: key }),
  });
  const role = new Role(scope, `${name}-role`, {
    roleName: `${names.functionName(name)}-${names.installation.region}`,
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    description: `What Slipway's function ${name} may do`,
  });
  allow(role, [
    ...props.grants,
    writingLog(names, name),
    ...(network === undefined ? [] : networkGrants()),
    ...(key === undefined ? [] : [usingKey(key)]),
  ]);
  // Tracing has no resource that a policy could name.
  acknowledgePattern(role, "*", "X-Ray's calls, and others of this role's list, have no resource");
  return new LambdaFunction(scope, name, {
    functionName: names.functionName(name),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: "main.handler",
    code: Code.fromAsset(props.code),
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    tracing: Tracing.ACTIVE,
    timeout: Duration.seconds(props.timeoutSeconds),
    memorySize: props.memoryMegabytes,
    environment: { ...present(props.environment), NODE_OPTIONS: "--enable-source-maps" },
    ...defined({ environmentEncryption: key }),
    ...(network !== undefined && {
      vpc: network.vpc,
      vpcSubnets: { subnets: network.subnets },
      securityGroups: network.securityGroups,
    }),
    ...defined({ deadLetterQueue: props.deadLetters }),
  });
}

function writingLog(names: Names, name: FunctionName): Grant {
  return {
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [names.arn("logs", `log-group:${names.functionLogGroup(name)}:*`)],
    why: "the streams of its own log group",
  };
}

/** Also what DynamoDB asks of whoever reads and writes a table with such a key ("DynamoDB encryption at rest"). */
function usingKey(key: IKey): Grant {
  return {
    actions: [
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:GenerateDataKeyWithoutPlaintext",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
    ],
    resources: [key.keyArn],
  };
}

function present(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
}
