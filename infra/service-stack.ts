import { CfnOutput, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { HttpRoute, HttpRouteKey } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { type IKey, Key } from "aws-cdk-lib/aws-kms";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import type { Construct } from "constructs";
import { defined } from "#language/defined.ts";
import type { AwsSettings } from "#project/aws-settings.ts";
import { acknowledge } from "./acknowledge.ts";
import type { Assets } from "./assets.ts";
import { alarms } from "./constructs/alarms.ts";
import { buildPolicy } from "./constructs/build-policy.ts";
import { buildProject, ecrRepositoryOf, sharedBuildRole } from "./constructs/build-project.ts";
import { buildTrustConditions } from "./constructs/build-trust.ts";
import { dashboard } from "./constructs/dashboard.ts";
import { buildEvents, everyMinute } from "./constructs/events.ts";
import { type ServiceApi, serviceApi } from "./constructs/http-api.ts";
import { type Network, networkOf } from "./constructs/network.ts";
import { serviceFunctions } from "./constructs/service-functions.ts";
import { workQueues } from "./constructs/work-queues.ts";
import type { Names } from "./names.ts";

export type ServiceStackProps = StackProps & {
  readonly names: Names;
  readonly aws: AwsSettings;
  readonly assets: Assets;
  readonly version: string;
  /** Whether CodeBuild projects exist besides the shared one. */
  readonly hasDockerServers: boolean;
};

/** What does the work and holds nothing: it can be deleted and made again. */
export class ServiceStack extends Stack {
  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    const { names, aws, hasDockerServers } = props;
    const { name } = aws;
    const key =
      aws.kmsKeyArn === undefined ? undefined : Key.fromKeyArn(this, "Key", aws.kmsKeyArn);
    const network = aws.vpc === undefined ? undefined : networkOf(this, aws.vpc);
    const keyed = key === undefined ? {} : { key };
    const queues = workQueues(this, names, key);
    const door = serviceApi(this, { name, aws, ...keyed });
    const bucketName = aws.bucket ?? names.bucketName;
    const functions = serviceFunctions(this, {
      assets: props.assets,
      queues,
      bucket: Bucket.fromBucketName(this, "Blobs", bucketName),
      hasDockerServers,
      url: door.url,
      version: props.version,
      place: {
        names,
        retentionDays: aws.logRetentionDays,
        ...keyed,
        ...(network !== undefined && aws.vpc?.functions === true && { network }),
      },
    });
    const route = new HttpRoute(this, "Everything", {
      httpApi: door.api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: new HttpLambdaIntegration("http-integration", functions.http),
    });
    acknowledge(route, {
      "AwsSolutions-APIG4":
        "Webhooks are verified by signature, runners by tickets and tokens, people by the access token: each by the code that knows which.",
    });
    for (const queue of [queues.work, queues.later]) {
      functions.work.addEventSource(
        new SqsEventSource(queue, { batchSize: 10, reportBatchItemFailures: true }),
      );
    }
    buildEvents(this, {
      to: functions.builds,
      deadLetters: queues.dead.builds,
      codebuildProject: names.codebuildProject,
      hasDockerServers,
    });
    everyMinute(this, {
      name: `${name}-sweep`,
      roleName: `${name}-schedule-${names.installation.region}`,
      to: functions.sweep,
      deadLetters: queues.dead.sweep,
    });
    this.builds(props, network === undefined ? {} : { network }, keyed);
    const made = alarms(this, {
      name,
      queues,
      functions,
      api: door.api,
      ...defined({ email: aws.alarmEmail }),
    });
    dashboard(this, {
      name,
      codebuildProject: names.codebuildProject,
      queues,
      functions,
      api: door.api,
      alarms: made,
    });
    this.outputs(names, door);
  }

  /** The CodeBuild project that all projects share, and what every build role may do. */
  private builds(
    { names, aws, assets }: ServiceStackProps,
    network: { readonly network?: Network },
    key: { readonly key?: IKey },
  ): void {
    const runner = new Asset(this, "Runner", { path: assets.runner });
    const image = ecrRepositoryOf(aws.buildImage);
    const policyProps = {
      names,
      runners: runner.bucket,
      inNetwork: network.network !== undefined,
      ...(image !== undefined && {
        imageRepositoryArn: `arn:${this.partition}:ecr:${image.region}:${image.account}:repository/${image.path}`,
      }),
    };
    buildPolicy(this, "push", policyProps);
    const pull = buildPolicy(this, "pull", policyProps);
    const role = new Role(this, "CodeBuildRole", {
      roleName: names.sharedBuildRole,
      path: names.buildRolePath,
      // The role that every CodeBuild project is made with.
      assumedBy: new ServicePrincipal("codebuild.amazonaws.com", {
        conditions: buildTrustConditions(names, [
          names.codebuildProject,
          `${names.codebuildProject}-*`,
        ]),
      }),
      description: "Slipway: for builds that were given no project's role; reaches no repository",
      managedPolicies: [pull],
    });
    const project = buildProject(this, "CodeBuild", {
      projectName: names.codebuildProject,
      aws,
      // As it stands: its rights are the shared policy's.
      role: sharedBuildRole(this, names),
      runner,
      logGroup: new LogGroup(this, "CodeBuildLog", {
        logGroupName: names.buildLogGroup,
        retention: aws.logRetentionDays,
        removalPolicy: RemovalPolicy.DESTROY,
        ...defined({ encryptionKey: key.key }),
      }),
      ...network,
      ...key,
    });
    project.node.addDependency(role);
  }

  private outputs(names: Names, { url, domainTarget }: ServiceApi): void {
    new StringParameter(this, "Url", {
      parameterName: names.urlParameter,
      stringValue: url,
      description: "Slipway's address: webhooks, runners, API and pages",
    });
    const output = (id: string, value: string, description: string) =>
      new CfnOutput(this, id, { value, description });
    output("Address", url, "Pages and API");
    output(
      "AccessTokenSecret",
      `${names.secretsPrefix}access-token`,
      "The secret with the token for API and pages: npx slipway secret show access-token --aws",
    );
    output(
      "BringBackRetained",
      "npx cdk deploy --all --import-existing-resources",
      "Adopts repositories, table, bucket and secrets that a removal left, with all that is in them",
    );
    if (domainTarget !== undefined) {
      output("DomainTarget", domainTarget, "What the domain's CNAME record points to");
    }
  }
}
