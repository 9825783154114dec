import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type EnvironmentSpec, EnvironmentWaitsError } from "#environment/environment.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { Message } from "#queue/queue.ts";
import { advancePipeline } from "#service/advance/advance-pipeline.ts";
import { offerPlaces } from "#service/advance/offer-places.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { handleMessage } from "#service/handle-message.ts";
import { sweep } from "#service/sweep/sweep.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { memoryTable } from "../../../bench/simulation/memory-table.ts";
import { pipelineOf as newPipeline, plan } from "../../pipeline/build.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
let deps: ServiceDeps;
let sent: { message: Message; delaySeconds: number }[];
/** The machines there are; `asked` counts every start that was tried. */
let machines: { room: number; readonly up: Map<string, EnvironmentSpec>; asked: number };
let now: number;

beforeEach(async () => {
  world = await makeWorld();
  sent = [];
  machines = { room: 1, up: new Map(), asked: 0 };
  now = Date.parse("2026-11-21T08:00:00Z");
  deps = {
    ...world.deps,
    store: dynamodbStore(memoryTable(() => now).client, "memory", { now: () => now }),
    now: () => now,
    defer: async (work) => {
      await work();
    },
    queue: {
      send: async (message, { delaySeconds = 0 } = {}) => {
        sent.push({ message, delaySeconds });
      },
    },
    environments: {
      ...world.deps.environments,
      start: async (spec) => {
        machines.asked += 1;
        if (!machines.up.has(spec.id) && machines.up.size >= machines.room) {
          throw new EnvironmentWaitsError("CodeBuild is full");
        }
        machines.up.set(spec.id, spec);
        return { handle: `build:${spec.id}` };
      },
    },
  };
});

afterEach(() => world.close());

let pipelines = 0;

async function push(project: string, jobs = 1): Promise<number> {
  const id = ++pipelines;
  const sketches = Array.from({ length: jobs }, (_, index) => ({ name: `j${index}` }));
  const created = { ...newPipeline(plan(["test"], sketches), {}, id), project };
  await deps.store.pipelines.create(created);
  await advancePipeline(deps, id, [{ type: "look" }]);
  now += 1000;
  return id;
}

async function stateOf(id: number): Promise<Pipeline> {
  const stored = await deps.store.pipelines.get(id);
  if (stored === undefined) throw new Error(`no pipeline ${id}`);
  return stored.value;
}

/** Its runner does its job and leaves. */
async function end(id: string): Promise<void> {
  const spec = machines.up.get(id);
  machines.up.delete(id);
  const pipelineId = spec?.pipelineId ?? 0;
  const { jobs } = await stateOf(pipelineId);
  const jobId = jobs.find(({ status }) => status === "pending")?.id ?? 0;
  await advancePipeline(deps, pipelineId, [
    { type: "environment_running", environmentId: id },
    { type: "job_taken", jobId, environmentId: id, tokenHash: "t" },
    { type: "job_finished", jobId, state: "success" },
    { type: "environment_ended", environmentId: id },
  ]);
}

/** Handles what asks for places; how many messages did. */
async function handlePlaces(): Promise<number> {
  const due = sent.filter(({ message }) => message.type === "places");
  sent = sent.filter(({ message }) => message.type !== "places");
  if (due.length > 0) await handleMessage(deps, { type: "places" });
  return due.length;
}

describe("a full provider", () => {
  test("lets a pipeline wait, and its status says for what", async () => {
    await push("a");
    const id = await push("a");
    const { environments, status } = await stateOf(id);
    expect(environments).toMatchObject([{ state: "wanted", waitsFor: "CodeBuild is full" }]);
    expect(status).toBe("pending");
    const told = world.statuses.filter(({ targetUrl }) => targetUrl.endsWith(`/${id}`));
    expect(told.at(-1)?.description).toBe("Waiting for build capacity: CodeBuild is full");
  });

  test("is not asked again by those who come after one that was refused", async () => {
    for (let index = 0; index < 20; index++) await push("a");
    expect(machines.asked).toBe(2);
    expect(await deps.store.places.listWaiting(100)).toHaveLength(19);
  });

  test("is asked again by a newcomer when nothing was heard of it for minutes", async () => {
    await push("a");
    await push("a");
    now += 121_000;
    await push("a");
    expect(machines.asked).toBe(3);
  });

  test("is not asked by looks at those who wait, nor do looks ask for further looks", async () => {
    await push("a");
    const id = await push("a");
    sent = [];
    for (let index = 0; index < 10; index++) {
      await handleMessage(deps, { type: "pipeline", pipelineId: id });
    }
    expect(machines.asked).toBe(2);
    expect(sent).toEqual([]);
  });

  test("is asked once more than there are places when one is free", async () => {
    const first = await push("a");
    for (let index = 0; index < 5; index++) await push("a");
    const asked = machines.asked;
    await end(`p${first}-e1`);
    expect(await handlePlaces()).toBe(1);
    expect(machines.asked).toBe(asked + 2);
    expect(machines.up.size).toBe(1);
  });
});

describe("a place that is free", () => {
  test.for([1, 2, 5])(
    "goes to the only pipeline of a project soon, with %i machines",
    async (room) => {
      machines.room = room;
      for (let index = 0; index < 15; index++) await push("crowd");
      const single = await push("single");
      for (let turns = 0; turns < 2; turns++) {
        const [oldest] = machines.up.keys();
        await end(oldest ?? "");
        await handlePlaces();
      }
      expect((await stateOf(single)).environments[0]).toMatchObject({ state: "starting" });
    },
  );

  test("goes to the oldest within a project", async () => {
    const ids = [await push("a"), await push("a"), await push("a")];
    await end(`p${ids[0]}-e1`);
    await handlePlaces();
    expect([...machines.up.keys()]).toEqual([`p${ids[1]}-e1`]);
  });

  test("is found by the sweep when every message was lost", async () => {
    const ids = [await push("a"), await push("a")];
    machines.up.delete(`p${ids[0]}-e1`);
    sent = [];
    await sweep(deps);
    expect(sent).toContainEqual({ message: { type: "places" }, delaySeconds: 0 });
    await handlePlaces();
    expect([...machines.up.keys()]).toEqual([`p${ids[1]}-e1`]);
  });

  test("goes to all jobs of a pipeline that are ready", async () => {
    const first = await push("a");
    const wide = await push("b", 4);
    machines.room = 4;
    await end(`p${first}-e1`);
    await handlePlaces();
    expect([...machines.up.values()].map(({ pipelineId }) => pipelineId)).toEqual(
      Array.from({ length: 4 }, () => wide),
    );
  });

  test("lets newcomers start at once again when nobody is left in line", async () => {
    const ids = [await push("a"), await push("a")];
    await end(`p${ids[0]}-e1`);
    await handlePlaces();
    await end(`p${ids[1]}-e1`);
    await handlePlaces();
    const asked = machines.asked;
    const id = await push("a");
    expect(machines.asked).toBe(asked + 1);
    expect((await stateOf(id)).environments[0]).not.toHaveProperty("waitsSince");
    expect(await deps.store.places.listHeld()).toEqual([]);
  });

  test("is not given to a pipeline that was canceled meanwhile", async () => {
    const ids = [await push("a"), await push("a"), await push("a")];
    await advancePipeline(deps, ids[1] ?? 0, [{ type: "cancel", by: "ada" }]);
    await end(`p${ids[0]}-e1`);
    await handlePlaces();
    expect([...machines.up.keys()]).toEqual([`p${ids[2]}-e1`]);
    expect(await deps.store.places.listWaiting(10)).toEqual([]);
  });

  test("is told of a little later again when a machine had to be stopped", async () => {
    const first = await push("a");
    await push("a");
    sent = [];
    await advancePipeline(deps, first, [{ type: "cancel", by: "ada" }]);
    expect(sent).toEqual([
      { message: { type: "places" }, delaySeconds: 0 },
      { message: { type: "places" }, delaySeconds: 20 },
    ]);
  });
});

test("offering places while nobody waits asks nobody", async () => {
  await offerPlaces(deps);
  expect(machines.asked).toBe(0);
});
