import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EmbeddedDynamodb, openEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { createTable } from "#store/dynamodb/table.ts";
import type { Place } from "#store/place-store.ts";
import type { Store } from "#store/store.ts";
import { exampleEnvironment, exampleJob, toldPipeline } from "../example-pipeline.ts";

let directory: string;
let database: EmbeddedDynamodb;
let tables = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "slipway-places-"));
  database = await openEmbeddedDynamodb(directory);
});

afterAll(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

async function create(): Promise<Store> {
  const tableName = `places-${++tables}`;
  await createTable(database.client, tableName);
  return dynamodbStore(database.client, tableName);
}

function place(project: string, pipelineId: number, size = "default"): Place {
  return { environmentId: `p${pipelineId}-e1`, pipelineId, project, size };
}

function pipelineIds(places: readonly Place[]): readonly number[] {
  return places.map(({ pipelineId }) => pipelineId).toSorted((a, b) => a - b);
}

describe("the line for places", () => {
  test("shows who waits, then who holds a place, then nothing", async () => {
    const { places } = await create();
    await places.wait(place("a/b", 7, "large"));
    expect(await places.listWaiting(10)).toEqual([place("a/b", 7, "large")]);
    expect(await places.listHeld()).toEqual([]);
    await places.hold("p7-e1");
    expect(await places.listWaiting(10)).toEqual([]);
    expect(await places.listHeld()).toEqual([place("a/b", 7, "large")]);
    await places.leave("p7-e1");
    await places.leave("p7-e1");
    expect(await places.listHeld()).toEqual([]);
  });

  test("does not let one that holds a place wait again, nor one that is gone hold one", async () => {
    const { places } = await create();
    await places.wait(place("a/b", 7));
    await places.hold("p7-e1");
    await places.wait(place("a/b", 7));
    expect(await places.listWaiting(10)).toEqual([]);
    await places.hold("p8-e1");
    expect(pipelineIds(await places.listHeld())).toEqual([7]);
  });

  test("shows the oldest of every project and size, however many wait before it", async () => {
    const { places } = await create();
    const crowd = Array.from({ length: 12 }, (_, index) => place("crowd", 100 + index));
    const others = ["crowd/2", "crow", "z#z"].map((project, index) => place(project, 200 + index));
    for (const each of [...crowd, ...others, place("crowd", 300, "large")]) await places.wait(each);
    const shown = await places.listWaiting(3);
    expect(pipelineIds(shown)).toEqual(expect.arrayContaining([100, 101, 102, 200, 201, 202, 300]));
    expect(shown.length).toBeLessThanOrEqual(3 * 5);
    expect(shown.find(({ pipelineId }) => pipelineId === 202)).toEqual(place("z#z", 202));
  });

  test("is shut for newcomers of a size until its time, or until it is opened", async () => {
    const { places } = await create();
    await places.shut("small", "2026-01-01T00:02:00.000Z");
    await places.shut("default", "2026-01-01T00:03:00.000Z");
    const sizes = async (now: string) => [...(await places.readLine(now)).shut.keys()].sort();
    expect(await sizes("2026-01-01T00:01:00.000Z")).toEqual(["default", "small"]);
    expect(await sizes("2026-01-01T00:02:30.000Z")).toEqual(["default"]);
    await places.open("default");
    await places.open("default");
    expect(await sizes("2026-01-01T00:01:00.000Z")).toEqual(["small"]);
  });
});

test("the line remembers who was served last", async () => {
  const { places } = await create();
  const now = "2026-01-01T00:00:00.000Z";
  expect(await places.readLine(now)).toEqual({ shut: new Map() });
  await places.noteServed("a/b");
  await places.noteServed("a/c");
  expect(await places.readLine(now)).toEqual({ shut: new Map(), lastServed: "a/c" });
});

describe("a pipeline that stands in line", () => {
  const waiting = exampleEnvironment({ state: "wanted", waitsSince: "2026-01-01T00:00:00.000Z" });

  test("is left alone by the sweep, but found among those in line", async () => {
    const { pipelines } = await create();
    const only = toldPipeline({ environments: [waiting] });
    await pipelines.create({ ...only, id: 1 });
    await pipelines.create({ ...only, id: 2 });
    const busy = { ...only, jobs: [...only.jobs, exampleJob({ id: 2, status: "running" })] };
    await pipelines.create({ ...busy, id: 3 });
    await pipelines.create({ ...only, id: 4, reported: [] });
    expect(await pipelines.listOpen()).toEqual([3, 4]);
    expect(await pipelines.listInLine(10)).toEqual([1, 2]);
    expect(await pipelines.listInLine(1)).toEqual([1]);
  });

  test.for([
    ["an environment on its way", { environments: [waiting, { ...waiting, state: "starting" }] }],
    ["a delayed job", { jobs: [exampleJob({ status: "scheduled" })] }],
    ["a job that waits for its turn", { jobs: [exampleJob({ status: "waiting_for_resource" })] }],
    ["a start that failed", { environments: [{ ...waiting, turnAt: waiting.wantedAt }] }],
  ] as const)("and has %s is looked at", async ([, changes]) => {
    const { pipelines } = await create();
    await pipelines.create(toldPipeline({ environments: [waiting], ...changes }));
    expect(await pipelines.listOpen()).toEqual([1]);
  });
});
