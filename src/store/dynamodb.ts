import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Table } from "./dynamodb-access.ts";
import { dynamodbApprovals } from "./dynamodb-approvals.ts";
import { dynamodbCommitStatuses } from "./dynamodb-commit-statuses.ts";
import { dynamodbDeliveries } from "./dynamodb-deliveries.ts";
import { dynamodbDeployments } from "./dynamodb-deployments.ts";
import { dynamodbLines } from "./dynamodb-lines.ts";
import { dynamodbOldImages } from "./dynamodb-old-images.ts";
import { dynamodbPipelines } from "./dynamodb-pipelines.ts";
import { dynamodbPlaces } from "./dynamodb-places.ts";
import { dynamodbProjects } from "./dynamodb-projects.ts";
import { dynamodbResources } from "./dynamodb-resources.ts";
import { dynamodbStatusTurns } from "./dynamodb-status-turns.ts";
import { dynamodbTokens } from "./dynamodb-tokens.ts";
import type { Store } from "./store.ts";

/** All state in one table that exists (`createTable`), by conditional writes of single items. */
export function dynamodbStore(
  client: DynamoDBDocumentClient,
  tableName: string,
  options: { readonly now?: () => number } = {},
): Store {
  const table: Table = { client, name: tableName, now: options.now ?? Date.now };
  return {
    pipelines: dynamodbPipelines(table),
    lines: dynamodbLines(table),
    places: dynamodbPlaces(table),
    approvals: dynamodbApprovals(table),
    deliveries: dynamodbDeliveries(table),
    tokens: dynamodbTokens(table),
    projects: dynamodbProjects(table),
    commitStatuses: dynamodbCommitStatuses(table),
    resources: dynamodbResources(table),
    deployments: dynamodbDeployments(table),
    statusTurns: dynamodbStatusTurns(table),
    oldImages: dynamodbOldImages(table),
  };
}
