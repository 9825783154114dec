import { RemovalPolicy } from "aws-cdk-lib";
import { CfnTable } from "aws-cdk-lib/aws-dynamodb";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { tableDefinition, ttlAttribute } from "#store/dynamodb/table.ts";

/** The one table, as the store defines it: encrypted, with point-in-time recovery, and never deleted by a stack. */
export function stateTable(scope: Construct, name: string, key: IKey | undefined): CfnTable {
  const definition = tableDefinition(name);
  const table = new CfnTable(scope, "Table", {
    tableName: name,
    billingMode: "PAY_PER_REQUEST",
    attributeDefinitions: (definition.AttributeDefinitions ?? []).map((each) => ({
      attributeName: each.AttributeName ?? "",
      attributeType: each.AttributeType ?? "",
    })),
    keySchema: keysOf(definition.KeySchema),
    globalSecondaryIndexes: (definition.GlobalSecondaryIndexes ?? []).map((index) => ({
      indexName: index.IndexName ?? "",
      keySchema: keysOf(index.KeySchema),
      projection: {
        ...(index.Projection?.ProjectionType !== undefined && {
          projectionType: index.Projection.ProjectionType,
        }),
        ...(index.Projection?.NonKeyAttributes !== undefined && {
          nonKeyAttributes: index.Projection.NonKeyAttributes,
        }),
      },
    })),
    timeToLiveSpecification: { attributeName: ttlAttribute, enabled: true },
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtectionEnabled: true,
    // Without a key of the account's own it is encrypted with DynamoDB's.
    ...(key !== undefined && {
      sseSpecification: { sseEnabled: true, sseType: "KMS", kmsMasterKeyId: key.keyArn },
    }),
  });
  table.applyRemovalPolicy(RemovalPolicy.RETAIN);
  return table;
}

function keysOf(
  keys: readonly {
    readonly AttributeName: string | undefined;
    readonly KeyType: string | undefined;
  }[] = [],
): { readonly attributeName: string; readonly keyType: string }[] {
  return keys.map((key) => ({
    attributeName: key.AttributeName ?? "",
    keyType: key.KeyType ?? "",
  }));
}
