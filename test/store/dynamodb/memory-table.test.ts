import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { memoryTable } from "../../../bench/simulation/memory-table.ts";
import { defineStoreContract } from "../contract.ts";

// The simulation's table stands in for DynamoDB, so the store has to keep its promises on it, too.
defineStoreContract({
  create: async () => dynamodbStore(memoryTable(Date.now).client, "memory"),
});
