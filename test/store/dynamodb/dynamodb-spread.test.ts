import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ScanCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EmbeddedDynamodb, openEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import type { Delivery } from "#store/delivery-store.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { createTable } from "#store/dynamodb/table.ts";
import type { Store } from "#store/store.ts";
import { examplePipeline } from "../example-pipeline.ts";

let directory: string;
let database: EmbeddedDynamodb;
let tables = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "slipway-spread-"));
  database = await openEmbeddedDynamodb(directory);
});
afterAll(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

async function create(): Promise<{ readonly store: Store; readonly TableName: string }> {
  const TableName = `spread-${++tables}`;
  await createTable(database.client, TableName);
  return { store: dynamodbStore(database.client, TableName), TableName };
}

/** As items were written before their index keys were spread. */
async function writeAsBefore(TableName: string, pk: string, value: string): Promise<void> {
  await database.client.send(
    new UpdateCommand({
      TableName,
      Key: { pk },
      UpdateExpression: "SET #kind = :value, #open = :value",
      ExpressionAttributeNames: { "#kind": "kind", "#open": "open" },
      ExpressionAttributeValues: { ":value": value },
    }),
  );
}

const delivery = (second: number): Delivery => ({
  forge: "local",
  project: "demo/app",
  id: `d-${second}`,
  receivedAt: new Date(1_800_000_000_000 + second * 1000).toISOString(),
  state: "received",
  events: [],
});

const descending = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => from - index);

describe("index keys that all items of a kind share", () => {
  test("are spread over several, and lists are whole and in order all the same", async () => {
    const { store, TableName } = await create();
    for (let id = 1; id <= 60; id++) {
      await store.pipelines.create(examplePipeline({ id }));
      await store.deliveries.put(delivery(id));
    }
    const { Items = [] } = await database.client.send(new ScanCommand({ TableName }));
    for (const attribute of ["kind", "open"]) {
      const keys = Items.map((item) => String(item[attribute]));
      for (const kind of ["pipeline", "delivery"]) {
        const used = keys.filter((key) => key.startsWith(kind));
        expect(new Set(used).size).toBe(8);
        expect(used).not.toContain(kind);
      }
    }
    const ids = async (filter: Parameters<typeof store.pipelines.list>[0]) =>
      (await store.pipelines.list(filter)).map(({ id }) => id);
    expect(await ids({ limit: 100 })).toEqual(descending(60, 60));
    expect(await ids({ limit: 7 })).toEqual(descending(60, 7));
    expect(await ids({ limit: 50, before: 31 })).toEqual(descending(30, 30));
    expect(await store.pipelines.listOpen()).toEqual(descending(60, 60).reverse());
    const seconds = (found: readonly Delivery[]) => found.map(({ id }) => Number(id.slice(2)));
    expect(seconds(await store.deliveries.list(5))).toEqual(descending(60, 5));
    expect(seconds(await store.deliveries.listUnfinished())).toEqual(descending(60, 60).reverse());
  });

  test("of items from before they were spread are read as well, and change with the next save", async () => {
    const { store, TableName } = await create();
    for (let id = 1; id <= 6; id++) {
      await store.pipelines.create(examplePipeline({ id }));
      await store.deliveries.put(delivery(id));
    }
    for (const id of [2, 3, 5]) await writeAsBefore(TableName, `PIPELINE#${id}`, "pipeline");
    await writeAsBefore(TableName, "DELIVERY#local#demo/app#d-4", "delivery");
    expect((await store.pipelines.list({ limit: 10 })).map(({ id }) => id)).toEqual(
      descending(6, 6),
    );
    expect(await store.pipelines.listOpen()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await store.deliveries.listUnfinished()).toHaveLength(6);
    const stored = await store.pipelines.get(3);
    await store.pipelines.save(examplePipeline({ id: 3 }), stored?.version ?? 0);
    expect(await store.pipelines.listOpen()).toEqual([1, 2, 3, 4, 5, 6]);
    await store.deliveries.mark(delivery(4), "done");
    expect(await store.deliveries.listUnfinished()).toHaveLength(5);
  });
});
