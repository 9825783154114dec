import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedDynamodb, openEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { createTable } from "#store/dynamodb/table.ts";
import type { RefHistoryStore } from "#store/ref-history-store.ts";

let directory: string;
let database: EmbeddedDynamodb;
let histories: RefHistoryStore;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "slipway-histories-"));
  database = await openEmbeddedDynamodb(directory);
  await createTable(database.client, "slipway");
  histories = dynamodbStore(database.client, "slipway").refHistories;
});
afterAll(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

const entry = (pipelineId: number) => ({ pipelineId, sha: String(pipelineId) });

test("a history is read newest first, each pipeline once, apart from other histories", async () => {
  expect(await histories.read("a/b", "main")).toEqual([]);
  for (const id of [3, 1, 2, 3]) await histories.note("a/b", "main", entry(id));
  await histories.note("a/b", "dev", entry(9));
  expect(await histories.read("a/b", "main")).toEqual([entry(3), entry(2), entry(1)]);
});

test("what is noted at once is all there, and the oldest of many are forgotten", async () => {
  const ids = Array.from({ length: 10 }, (_, index) => index + 1);
  await Promise.all(ids.map((id) => histories.note("a/b", "at-once", entry(id))));
  expect(await histories.read("a/b", "at-once")).toHaveLength(10);
  for (let id = 11; id <= 30; id++) await histories.note("a/b", "at-once", entry(id));
  const kept = await histories.read("a/b", "at-once");
  expect([kept.length, kept[0]?.pipelineId, kept.at(-1)?.pipelineId]).toEqual([20, 30, 11]);
});
