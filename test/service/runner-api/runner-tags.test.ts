import { afterEach, beforeEach, expect, test } from "vitest";
import type { ProjectKey } from "#pipeline/project-key.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { pipelineOf, push } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

function withSizes(runnerSizes: NonNullable<ProjectSettings["runnerSizes"]>): void {
  const { settings } = world.deps;
  Object.assign(world.deps, {
    settings: async (of: ProjectKey) => {
      const known = await settings(of);
      return known && { ...known, runnerSizes };
    },
  });
}

test("a job's tags give its environment the size that slipway.yaml names, variables expanded", async () => {
  withSizes({ "size-large": { compute: "large", memoryBytes: 1024 ** 3 } });
  const id = await push(
    world,
    'build:\n  script: [make]\n  variables: { SIZE: large }\n  tags: ["size-$SIZE"]\nplain:\n  script: [make]\n',
  );
  // They are started side by side, in any order.
  const started = world.started.toSorted((a, b) => a.id.localeCompare(b.id));
  expect(started).toMatchObject([
    { runnerTags: ["size-large"], compute: "large", memoryBytes: 1024 ** 3 },
    { runnerTags: [] },
  ]);
  expect(started[1]).not.toHaveProperty("compute");
  expect((await pipelineOf(world, id)).diagnostics).toEqual([]);
});

test("tags that no size is named for change nothing, and that is noted once", async () => {
  const id = await push(
    world,
    "one: { script: [make], tags: [linux, docker] }\ntwo: { script: [make], tags: [linux] }\n",
  );
  expect(world.started).toHaveLength(2);
  expect(world.started[0]).not.toHaveProperty("memoryBytes");
  expect((await pipelineOf(world, id)).diagnostics).toMatchObject([
    { severity: "warning", message: expect.stringContaining("`linux`, `docker`;") },
  ]);
});
