import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { controlPipeline } from "#service/advance/control.ts";
import { sweep } from "#service/sweep/sweep.ts";
import { finish, jobOf, push, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const deploy =
  "workflow: { auto_cancel: { on_new_commit: none } }\ndeploy:\n  script: [make]\n  resource_group: production\n";

async function pushes(count: number): Promise<readonly number[]> {
  const ids: number[] = [];
  for (let number = 1; number <= count; number++) {
    ids.push(await push(world, deploy, { sha: String(number).repeat(40) }));
  }
  return ids;
}

async function statuses(ids: readonly number[]): Promise<readonly string[]> {
  return Promise.all(ids.map(async (id) => (await jobOf(world, id, "deploy")).status));
}

/** Workers die before they give a turn up, until the returned function is called. */
function loseReleases(): () => void {
  const { resources } = world.deps.store;
  const { release } = resources;
  Object.assign(resources, { release: () => Promise.resolve(undefined) });
  return () => {
    Object.assign(resources, { release });
  };
}

describe("jobs of one resource group in several pipelines", () => {
  test("run one after the other, the oldest first", async () => {
    const ids = await pushes(3);
    const [first = 0, second = 0, third = 0] = ids;
    expect(await statuses(ids)).toEqual([
      "pending",
      "waiting_for_resource",
      "waiting_for_resource",
    ]);
    await finish(world, await takeNext(world, first));
    expect(await statuses(ids)).toEqual(["success", "pending", "waiting_for_resource"]);
    await finish(world, await takeNext(world, second), "failed");
    await finish(world, await takeNext(world, third));
    expect(await statuses(ids)).toEqual(["success", "failed", "success"]);
  });

  test("give their place in the line up when they are canceled", async () => {
    const ids = await pushes(3);
    await controlPipeline(world.deps, ids[1] ?? 0, { type: "cancel", by: "ada" });
    await world.settle();
    await finish(world, await takeNext(world, ids[0] ?? 0));
    expect(await statuses(ids)).toEqual(["success", "canceled", "pending"]);
  });

  test("whose turn was not given up because a worker died are cleared away by the sweep", async () => {
    const ids = await pushes(2);
    const job = await takeNext(world, ids[0] ?? 0);
    const restore = loseReleases();
    await finish(world, job);
    for (const { id } of world.started) world.observations.set(id, { state: "ended" });
    await sweep(world.deps);
    await world.settle();
    expect(await statuses(ids)).toEqual(["success", "waiting_for_resource"]);
    expect(await world.deps.store.pipelines.listOpen()).toEqual([ids[1]]);
    restore();
    await sweep(world.deps);
    await world.settle();
    expect(await statuses(ids)).toEqual(["success", "pending"]);
  });

  test("that ended in line without a word do not hold up those behind them", async () => {
    const ids = await pushes(3);
    const job = await takeNext(world, ids[0] ?? 0);
    const restore = loseReleases();
    await controlPipeline(world.deps, ids[1] ?? 0, { type: "cancel", by: "ada" });
    await world.settle();
    await finish(world, job);
    restore();
    await sweep(world.deps);
    await world.settle();
    expect(await statuses(ids)).toEqual(["success", "canceled", "pending"]);
  });
});
