import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  ResourceInUseException,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/** The attribute that DynamoDB's time to live reads: epoch seconds. */
export const ttlAttribute = "ttl";

/** Sparse: an item is in an index while it has the index's attributes. All are sorted by `order`. */
export const indexes = {
  byKind: { name: "by-kind", key: "kind" },
  byProject: { name: "by-project", key: "byProject" },
  byRef: { name: "by-ref", key: "byRef" },
  open: { name: "open", key: "open" },
} as const;

export type IndexKey = keyof typeof indexes;

const summaryAttributes = ["id", "iid", "forge", "project", "status", "createdAt", "ref", "sha"];

/** The one table, as the AWS stack and the embedded database make it. */
export function tableDefinition(tableName: string): CreateTableCommandInput {
  const keys = ["pk", "order", ...Object.values(indexes).map((index) => index.key)];
  return {
    TableName: tableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    GlobalSecondaryIndexes: Object.entries(indexes).map(([name, index]) => ({
      IndexName: index.name,
      KeySchema: [
        { AttributeName: index.key, KeyType: "HASH" },
        { AttributeName: "order", KeyType: "RANGE" },
      ],
      Projection:
        name === "open"
          ? { ProjectionType: "KEYS_ONLY" }
          : { ProjectionType: "INCLUDE", NonKeyAttributes: summaryAttributes },
    })),
  };
}

/** Makes the table where it is missing and waits until it can be used. Safe to repeat and to race. */
export async function createTable(
  client: DynamoDBDocumentClient,
  tableName: string,
): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const status = await tableStatus(client, tableName);
    if (status === "ACTIVE") return;
    if (status === undefined) await requestTable(client, tableName);
    await new Promise((resolve) => setTimeout(resolve, Math.min(5 * (attempt + 1), 500)));
  }
  throw new Error(
    `the table "${tableName}" did not become active; look at its state and try again`,
  );
}

async function tableStatus(
  client: DynamoDBDocumentClient,
  tableName: string,
): Promise<string | undefined> {
  try {
    const answer = await client.send(new DescribeTableCommand({ TableName: tableName }));
    return answer.Table?.TableStatus;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function requestTable(client: DynamoDBDocumentClient, tableName: string): Promise<void> {
  try {
    await client.send(new CreateTableCommand(tableDefinition(tableName)));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}
