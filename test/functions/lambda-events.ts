import type { SQSRecord } from "aws-lambda";
import type { LambdaContext, LambdaEvent } from "hono/aws-lambda";

export const requestId = "8f507cfc-xmpl-4697-b07a-ac58fc914c95";

export const lambdaContext: LambdaContext = {
  awsRequestId: requestId,
  callbackWaitsForEmptyEventLoop: false,
  functionName: "slipway-http",
  functionVersion: "$LATEST",
  invokedFunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:slipway-http",
  memoryLimitInMB: "1024",
  logGroupName: "/aws/lambda/slipway-http",
  logStreamName: "2026/11/21/[$LATEST]1",
  identity: undefined,
  clientContext: undefined,
  getRemainingTimeInMillis: () => 29_000,
};

/** A request as an HTTP API hands it to a function (payload format 2.0). */
export function httpEvent(
  method: string,
  path: string,
  options: {
    readonly headers?: Headers | Readonly<Record<string, string>>;
    readonly body?: Uint8Array | string;
    readonly base64?: boolean;
    readonly query?: string;
  } = {},
): LambdaEvent {
  const { body, base64 = false, query = "" } = options;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: query,
    headers: {
      host: "abc123.execute-api.eu-west-1.amazonaws.com",
      ...Object.fromEntries(new Headers(options.headers)),
    },
    body: body === undefined ? null : Buffer.from(body).toString(base64 ? "base64" : "utf8"),
    isBase64Encoded: base64,
    requestContext: {
      accountId: "123456789012",
      apiId: "abc123",
      authentication: null,
      authorizer: {},
      domainName: "abc123.execute-api.eu-west-1.amazonaws.com",
      domainPrefix: "abc123",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      requestId: "JKJaXmPLvHcESHA=",
      routeKey: "$default",
      stage: "$default",
      time: "21/Nov/2026:12:00:00 +0000",
      timeEpoch: 1_795_262_400_000,
    },
  };
}

export type GivenRecord = { readonly id: string; readonly group?: string; readonly body: string };

/** A message as SQS hands it to a function. */
export function sqsRecord({ id, group, body }: GivenRecord): SQSRecord {
  return {
    messageId: id,
    receiptHandle: `handle-${id}`,
    body,
    attributes: {
      ApproximateReceiveCount: "2",
      SentTimestamp: "1",
      SenderId: "slipway",
      ApproximateFirstReceiveTimestamp: "1",
      ...(group !== undefined && { MessageGroupId: group }),
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-west-1:123456789012:slipway-work.fifo",
    awsRegion: "eu-west-1",
  };
}
