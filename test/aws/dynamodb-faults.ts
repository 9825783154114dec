import { Readable } from "node:stream";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

export type DynamodbFaults = {
  readonly client: DynamoDBDocumentClient;
  /** Every attempt, also those that were refused. */
  readonly attempts: () => number;
  /** Calls since the last `restart`. */
  readonly calls: () => number;
  readonly restart: () => void;
  /** The error code that a call is answered with, at each of its attempts; calls are counted from 1. */
  fault: (call: number) => string | undefined;
};

/** A client of the same DynamoDB, which answers what the test wants: as AWS does when a partition is too busy. */
export async function dynamodbFaults(
  behind: DynamoDBDocumentClient,
  options: { readonly maxAttempts: number },
): Promise<DynamodbFaults> {
  const known = await behind.config.endpoint?.();
  if (known === undefined) throw new Error("the DynamoDB behind has no endpoint");
  const forward = behind.config.requestHandler;
  let invocations: string[] = [];
  let attempts = 0;
  const base = new DynamoDBClient({
    endpoint: known,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: options.maxAttempts,
    requestHandler: {
      handle: async (...[request, handling]: Parameters<typeof forward.handle>) => {
        const invocation = request.headers["amz-sdk-invocation-id"] ?? "";
        if (!invocations.includes(invocation)) invocations.push(invocation);
        attempts += 1;
        const code = faults.fault(invocations.indexOf(invocation) + 1);
        if (code === undefined) return forward.handle(request, handling);
        const error = { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: "Slow down." };
        const headers = { "content-type": "application/x-amz-json-1.0" };
        const body = Readable.from([Buffer.from(JSON.stringify(error))]);
        return { response: { statusCode: 400, headers, body } };
      },
    },
  });
  const faults: DynamodbFaults = {
    client: DynamoDBDocumentClient.from(base, { marshallOptions: { removeUndefinedValues: true } }),
    attempts: () => attempts,
    calls: () => invocations.length,
    restart: () => {
      invocations = [];
    },
    fault: () => undefined,
  };
  return faults;
}
