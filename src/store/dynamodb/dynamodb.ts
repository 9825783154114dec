import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Store } from "../store.ts";
import type { Table } from "./access.ts";
import { dynamodbApprovals } from "./approvals.ts";
import { dynamodbCommitStatuses } from "./commit-statuses.ts";
import { dynamodbDeliveries } from "./deliveries.ts";
import { dynamodbDeployments } from "./deployments.ts";
import { dynamodbOldImages } from "./old-images.ts";
import { dynamodbPipelines } from "./pipelines.ts";
import { dynamodbPlaces } from "./places.ts";
import { dynamodbProjects } from "./projects.ts";
import { dynamodbRefHistories } from "./ref-histories.ts";
import { dynamodbReservations } from "./reservations.ts";
import { dynamodbResources } from "./resources.ts";
import { dynamodbStatusTurns } from "./status-turns.ts";
import { dynamodbTokens } from "./tokens.ts";

/** All state in one table that exists (`createTable`), by conditional writes of single items. */
export function dynamodbStore(
  client: DynamoDBDocumentClient,
  tableName: string,
  options: { readonly now?: () => number } = {},
): Store {
  const table: Table = { client, name: tableName, now: options.now ?? Date.now };
  return {
    pipelines: dynamodbPipelines(table),
    refHistories: dynamodbRefHistories(table),
    places: dynamodbPlaces(table),
    approvals: dynamodbApprovals(table),
    deliveries: dynamodbDeliveries(table),
    tokens: dynamodbTokens(table),
    projects: dynamodbProjects(table),
    commitStatuses: dynamodbCommitStatuses(table),
    resources: dynamodbResources(table),
    reservations: dynamodbReservations(table),
    deployments: dynamodbDeployments(table),
    statusTurns: dynamodbStatusTurns(table),
    oldImages: dynamodbOldImages(table),
  };
}
