import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EmbeddedDynamodb, openEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { createTable } from "#store/dynamodb/table.ts";
import type { Store } from "#store/store.ts";

let directory: string;
let database: EmbeddedDynamodb;
let store: Store;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "slipway-turns-"));
  database = await openEmbeddedDynamodb(directory);
  await createTable(database.client, "slipway");
  store = dynamodbStore(database.client, "slipway");
});
afterAll(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

describe("the turn to tell a forge about a pipeline", () => {
  test("is given to one of ten who ask at once, and to the next when it is given back", async () => {
    const { statusTurns } = store;
    const times = { now: 1000, until: 2000 };
    const taken = await Promise.all(
      Array.from({ length: 10 }, (_, index) => statusTurns.take(1, `holder-${index}`, times)),
    );
    const holder = taken.findIndex((turn) => turn !== undefined);
    expect(taken.filter((turn) => turn !== undefined)).toEqual([{ failures: 0 }]);
    await statusTurns.give(1, "somebody else");
    expect(await statusTurns.take(1, "next", times)).toBeUndefined();
    await statusTurns.give(1, `holder-${holder}`);
    expect(await statusTurns.take(1, "next", times)).toEqual({ failures: 0 });
  });

  test("comes back from a holder who died", async () => {
    const { statusTurns } = store;
    await statusTurns.take(2, "dead", { now: 1000, until: 2000 });
    expect(await statusTurns.take(2, "next", { now: 1999, until: 3000 })).toBeUndefined();
    expect(await statusTurns.take(2, "next", { now: 2000, until: 3000 })).toBeDefined();
    // Not so dead after all: it no longer has a say.
    await statusTurns.give(2, "dead", { failures: 7, pausedUntil: 9000 });
    await statusTurns.give(2, "next");
    expect(await statusTurns.take(2, "third", { now: 2001, until: 3000 })).toEqual({ failures: 0 });
  });

  test("rests after a failure, which is counted until something succeeds", async () => {
    const { statusTurns } = store;
    await statusTurns.take(3, "a", { now: 1000, until: 2000 });
    await statusTurns.give(3, "a", { failures: 1, pausedUntil: 5000 });
    expect(await statusTurns.take(3, "b", { now: 4999, until: 6000 })).toBeUndefined();
    expect(await statusTurns.take(3, "b", { now: 5000, until: 6000 })).toEqual({ failures: 1 });
    await statusTurns.give(3, "b");
    expect(await statusTurns.take(3, "c", { now: 5001, until: 6000 })).toEqual({ failures: 0 });
  });
});

test("old images are listed when they are due, longest due first, once for each branch", async () => {
  const image = (ref: string, dueAt: string) => ({
    ...{ forge: "local", project: "group/app", ref, tag: ref, dueAt },
    deletedAt: "2026-01-01T00:00:00.000Z",
  });
  const { oldImages } = store;
  await oldImages.put(image("b", "2026-01-03T00:00:00.000Z"));
  await oldImages.put(image("a", "2026-01-02T00:00:00.000Z"));
  await oldImages.put(image("c", "2026-01-09T00:00:00.000Z"));
  await oldImages.put(image("b", "2026-01-04T00:00:00.000Z"));
  const due = async (now: string, limit = 10) =>
    (await oldImages.listDue(now, limit)).map(({ ref, dueAt }) => `${ref} ${dueAt.slice(8, 10)}`);
  expect(await due("2026-01-01T00:00:00.000Z")).toEqual([]);
  expect(await due("2026-01-04T00:00:00.000Z")).toEqual(["a 02", "b 04"]);
  expect(await due("2026-01-31T00:00:00.000Z", 1)).toEqual(["a 02"]);
  await oldImages.delete(image("a", ""));
  expect(await due("2026-01-31T00:00:00.000Z")).toEqual(["b 04", "c 09"]);
});
