import { afterEach, beforeEach, expect, test } from "vitest";
import { advancePipeline } from "#service/advance/advance-pipeline.ts";
import { controlPipeline } from "#service/advance/control.ts";
import { replayPipeline } from "#service/view/replay-pipeline.ts";
import { finish, jobOf, push, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const configuration = `stages: [build, deploy]
build: { stage: build, script: [make], retry: 1 }
deploy: { stage: deploy, script: [make deploy], when: manual }
`;

async function replayed(id: number) {
  const replay = await replayPipeline(world.deps, id);
  if (typeof replay === "string") throw new Error(`${replay} ${id}`);
  return { events: replay.steps.length, differs: replay.differs };
}

test("what the service stored of a pipeline with a retry and a played job replays to the same state", async () => {
  const id = await push(world, configuration);
  await finish(world, await takeNext(world, id), "failed");
  await finish(world, await takeNext(world, id));
  const { id: deploy } = await jobOf(world, id, "deploy");
  await controlPipeline(world.deps, id, { type: "play", jobIds: [deploy], by: "ada" });
  await world.settle();
  await finish(world, await takeNext(world, id));
  expect((await jobOf(world, id, "deploy")).status).toBe("success");
  const { events, differs } = await replayed(id);
  expect(differs).toEqual([]);
  expect(events).toBeGreaterThan(8);
});

test("a wrong configuration's pipeline replays to itself", async () => {
  const id = await push(world, "build: { script: [make], stage: nowhere }\n");
  expect((await replayed(id)).differs).toEqual([]);
});

test("events that change nothing are not stored", async () => {
  const id = await push(world, configuration);
  const { events } = await replayed(id);
  await advancePipeline(world.deps, id, [{ type: "look" }, { type: "look" }]);
  expect((await replayed(id)).events).toBe(events);
});
