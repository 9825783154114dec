import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import { EmbeddedDynamodbInUse } from "#local/data/embedded-dynamodb-repair.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { createTable } from "#store/dynamodb/table.ts";
import { exampleJob, examplePipeline, toldPipeline } from "../../store/example-pipeline.ts";
import { startWriter } from "./start-writer.ts";

async function dataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "slipway-dynamodb-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

async function open(directory: string) {
  const database = await openEmbeddedDynamodb(directory);
  await createTable(database.client, "state");
  return { ...database, store: dynamodbStore(database.client, "state") };
}

test("everything acknowledged before kill -9 is there afterwards, in the indexes too", async () => {
  const directory = await dataDirectory();
  const writer = await startWriter(directory);
  await writer.kill();

  const { store, close } = await open(directory);
  onTestFinished(close);
  const count = writer.acknowledged.length;
  const listed = new Set(await store.pipelines.listOpen());
  expect(writer.acknowledged.filter((id) => !listed.has(id))).toEqual([]);
  for (const id of writer.acknowledged) {
    expect((await store.pipelines.get(id))?.value.id).toBe(id);
  }
  expect(await store.pipelines.nextId()).toBeGreaterThan(count);
});

test("a second process on the same data is told so", async () => {
  const directory = await dataDirectory();
  const writer = await startWriter(directory);
  await expect(openEmbeddedDynamodb(directory)).rejects.toThrow(EmbeddedDynamodbInUse);
  await writer.kill();
});

test("an index that a killed process left wrong is put right, and what expired is gone", async () => {
  const directory = await dataDirectory();
  const before = await open(directory);
  await before.store.pipelines.create(examplePipeline({ id: 1 }));
  await before.store.pipelines.create(examplePipeline({ id: 2 }));
  const finished = toldPipeline({
    id: 2,
    status: "skipped",
    jobs: [exampleJob({ status: "skipped" })],
  });
  await before.store.pipelines.save(finished, 1);
  const grant = { kind: "deploy", name: "d", expiresAt: "2020-01-01T00:00:00.000Z" } as const;
  await before.store.tokens.put("hash", grant);
  await before.close();

  const level = new Level<string, { TableStatus?: string }>(directory, { valueEncoding: "json" });
  const entries = await level.iterator().all();
  const [openKey, openEntry] = entries.find(([key]) => key.includes("~open~")) ?? [];
  expect(openKey).toBeDefined();
  await level.del(openKey ?? "");
  await level.put(`${openKey}ghost`, openEntry ?? {});
  const [tableKey, table] = entries.find(([key]) => key.startsWith("table~")) ?? [];
  await level.put(tableKey ?? "", { ...table, TableStatus: "CREATING" });
  await level.close();

  const after = await open(directory);
  onTestFinished(after.close);
  expect(await after.store.pipelines.listOpen()).toEqual([1]);
  expect(await after.store.tokens.get("hash", "2019-01-01T00:00:00.000Z")).toBeUndefined();
});

test("closing lets go of the data, and opening again finds it", async () => {
  const directory = await dataDirectory();
  const first = await open(directory);
  await first.store.projects.ensure(
    { forge: "local", project: "demo/app" },
    "2026-01-01T00:00:00.000Z",
  );
  await first.close();
  const second = await open(directory);
  onTestFinished(second.close);
  expect(await second.store.projects.list()).toHaveLength(1);
});
