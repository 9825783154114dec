import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EmbeddedDynamodb, openEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { createTable } from "#store/dynamodb/table.ts";
import type { Store } from "#store/store.ts";
import { ItemTooLarge } from "#store/written.ts";
import { defineStoreContract } from "../contract.ts";
import { exampleJob, examplePipeline } from "../example-pipeline.ts";
import { largePipeline } from "../large-pipeline.ts";

let directory: string;
let database: EmbeddedDynamodb;
let tables = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "slipway-store-"));
  database = await openEmbeddedDynamodb(directory);
});

afterAll(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

async function create(): Promise<Store> {
  const tableName = `test-${++tables}`;
  await createTable(database.client, tableName);
  await createTable(database.client, tableName);
  return dynamodbStore(database.client, tableName);
}

defineStoreContract({ create });

describe("items of DynamoDB", () => {
  test("a pipeline that does not fit in one item is refused by name and not written", async () => {
    const { pipelines } = await create();
    await pipelines.create(examplePipeline());
    const random = Array.from({ length: 60_000 }, () => Math.random().toString(36)).join("");
    const large = examplePipeline({ name: random });
    await expect(pipelines.save(large, 1)).rejects.toThrow(ItemTooLarge);
    await expect(pipelines.save(large, 1)).rejects.toThrow(/Pipeline 1 needs \d+ KB/);
    expect((await pipelines.get(1))?.version).toBe(1);
  });

  test("a pipeline of 2,000 jobs fits", async () => {
    const { pipelines } = await create();
    const jobs = Array.from({ length: 2_000 }, (_, index) =>
      exampleJob({ id: 100_000 + index, name: `test ${index}/2000`, planIndex: index }),
    );
    expect(await pipelines.create(examplePipeline({ jobs }))).toBe("created");
    expect((await pipelines.get(1))?.value.jobs).toHaveLength(2_000);
  });

  test("a pipeline of 1,000 jobs with 50 needs and five attempts each fits, and comes back", async () => {
    const { pipelines } = await create();
    const large = largePipeline({ jobs: 1_000, attempts: 5, needs: 50 });
    expect(await pipelines.create(large)).toBe("created");
    const { value } = (await pipelines.get(large.id)) ?? {};
    expect(value?.jobs).toHaveLength(5_000);
    for (const index of [0, 60, 999, 1_060, 4_999]) {
      expect(value?.jobs[index]).toEqual(large.jobs[index]);
    }
    expect({ ...value, jobs: [] }).toEqual({ ...large, jobs: [] });
  });

  test("refs that were seen when they were attributes of their project are known, and forgotten", async () => {
    const { projects } = await create();
    await projects.ensure({ forge: "local", project: "demo/app" }, "2026-01-01T00:00:00.000Z");
    await database.client.send(
      new UpdateCommand({
        TableName: `test-${tables}`,
        Key: { pk: "PROJECT#local#demo/app" },
        UpdateExpression: "SET #a = :a, #b = :b",
        ExpressionAttributeNames: { "#a": "ref:refs/heads/a", "#b": "ref:refs/heads/b" },
        ExpressionAttributeValues: { ":a": "old", ":b": "old" },
      }),
    );
    await projects.setSeenRef({ forge: "local", project: "demo/app" }, "refs/heads/a", "new");
    expect(await projects.seenRefs({ forge: "local", project: "demo/app" })).toEqual({
      "refs/heads/a": "new",
      "refs/heads/b": "old",
    });
    expect(await projects.seenRef({ forge: "local", project: "demo/app" }, "refs/heads/b")).toBe(
      "old",
    );
    for (const ref of ["refs/heads/a", "refs/heads/b"]) {
      await projects.setSeenRef({ forge: "local", project: "demo/app" }, ref, undefined);
      expect(await projects.seenRef({ forge: "local", project: "demo/app" }, ref)).toBeUndefined();
    }
    expect(await projects.seenRefs({ forge: "local", project: "demo/app" })).toEqual({});
  });

  test("a pipeline that was stored as plain gzip is read", async () => {
    const { pipelines } = await create();
    const pipeline = examplePipeline();
    await pipelines.create(pipeline);
    await database.client.send(
      new UpdateCommand({
        TableName: `test-${tables}`,
        Key: { pk: "PIPELINE#1" },
        UpdateExpression: "SET #document = :document",
        ExpressionAttributeNames: { "#document": "document" },
        ExpressionAttributeValues: { ":document": gzipSync(JSON.stringify(pipeline)) },
      }),
    );
    expect((await pipelines.get(1))?.value).toEqual(pipeline);
  });

  test("names of any length and alphabet can be keys", async () => {
    const { pipelines, deliveries } = await create();
    const ref = `ünï-${"x".repeat(3_000)}`;
    await pipelines.create(examplePipeline({ ref }));
    expect(await pipelines.list({ project: "demo/app", ref, limit: 5 })).toHaveLength(1);
    expect(await pipelines.list({ project: "demo/app", ref: `${ref}y`, limit: 5 })).toEqual([]);
    const id = "i".repeat(4_000);
    await deliveries.put({
      forge: "local",
      project: "demo/app",
      id,
      receivedAt: "2026-01-01T00:00:00.000Z",
      state: "received",
      events: [],
    });
    expect((await deliveries.listUnfinished())[0]?.id).toBe(id);
  });

  test("long lists are read page by page", async () => {
    const { pipelines } = await create();
    for (let id = 1; id <= 25; id++) {
      await pipelines.create(examplePipeline({ id, ref: id % 5 === 0 ? "dev" : "main" }));
    }
    const listed = await pipelines.list({ ref: "dev", limit: 3 });
    expect(listed.map((summary) => summary.id)).toEqual([25, 20, 15]);
    expect(await pipelines.listOpen()).toHaveLength(25);
  });
});
