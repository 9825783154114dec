import { RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  DomainName,
  HttpApi,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { ARecord, HostedZone, RecordTarget } from "aws-cdk-lib/aws-route53";
import { ApiGatewayv2DomainProperties } from "aws-cdk-lib/aws-route53-targets";
import type { Construct } from "constructs";
import { defined } from "#language/defined.ts";
import type { AwsSettings } from "#project/aws-settings.ts";

/** Requests a second and at once: a bound on cost, far above what forges and runners send. */
const throttle = { rateLimit: 2000, burstLimit: 4000 };

export type ServiceApi = {
  readonly api: HttpApi;
  /** Without trailing slash. */
  readonly url: string;
  /** What the custom domain's name must point to, where Slipway does not point it itself. */
  readonly domainTarget?: string;
};

/** The HTTP API, without routes yet: functions are told its address, and only the route knows both. */
export function serviceApi(
  scope: Construct,
  props: {
    readonly name: string;
    readonly aws: AwsSettings;
    readonly key?: IKey;
  },
): ServiceApi {
  const { aws } = props;
  const domain = aws.domain === undefined ? undefined : customDomain(scope, aws.domain);
  const api = new HttpApi(scope, "Api", {
    apiName: props.name,
    description: "Slipway: webhooks, runners, API and pages",
    createDefaultStage: false,
  });
  const log = new LogGroup(scope, "api-log", {
    logGroupName: `/aws/vendedlogs/${props.name}-api`,
    retention: aws.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
    ...defined({ encryptionKey: props.key }),
  });
  new HttpStage(scope, "Stage", {
    httpApi: api,
    stageName: "$default",
    autoDeploy: true,
    throttle,
    accessLogSettings: {
      destination: new LogGroupLogDestination(log),
      // Paths without query: an address may carry a signature.
      format: AccessLogFormat.custom(
        JSON.stringify({
          requestId: "$context.requestId",
          ip: "$context.identity.sourceIp",
          method: "$context.httpMethod",
          path: "$context.path",
          status: "$context.status",
          bytes: "$context.responseLength",
          milliseconds: "$context.responseLatency",
          error: "$context.integrationErrorMessage",
        }),
      ),
    },
    ...(domain !== undefined && { domainMapping: { domainName: domain } }),
  });
  return {
    api,
    url: aws.url ?? (aws.domain === undefined ? api.apiEndpoint : `https://${aws.domain.name}`),
    ...(domain !== undefined && { domainTarget: domain.regionalDomainName }),
  };
}

function customDomain(scope: Construct, given: NonNullable<AwsSettings["domain"]>): DomainName {
  const domain = new DomainName(scope, "Domain", {
    domainName: given.name,
    certificate: Certificate.fromCertificateArn(scope, "Certificate", given.certificateArn),
  });
  if (given.hostedZone !== undefined) {
    new ARecord(scope, "Record", {
      zone: HostedZone.fromHostedZoneAttributes(scope, "Zone", {
        hostedZoneId: given.hostedZone.id,
        zoneName: given.hostedZone.name,
      }),
      recordName: given.name,
      target: RecordTarget.fromAlias(
        new ApiGatewayv2DomainProperties(domain.regionalDomainName, domain.regionalHostedZoneId),
      ),
    });
  }
  return domain;
}
