import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pipelineOf, push, statusesOf, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const onlyIn = (number: number) =>
  `  rules: [{ if: '$CI_PIPELINE_IID == "${number}"' }]\n  script: [make]\n`;

describe("the number of a pipeline in its project", () => {
  test("decides about its jobs, and is what they see when they run", async () => {
    const configuration = `first:\n${onlyIn(1)}second:\n${onlyIn(2)}`;
    const first = await push(world, configuration);
    expect(await statusesOf(world, first)).toEqual({ first: "pending" });
    const { variables } = await takeNext(world, first);
    expect(variables).toContainEqual(
      expect.objectContaining({ key: "CI_PIPELINE_IID", value: "1" }),
    );
    const second = await push(world, configuration, { sha: "2".repeat(40) });
    expect(await statusesOf(world, second)).toEqual({ second: "pending" });
  });

  test("is another one for a child, and decides there too", async () => {
    world.files.set("child.yml", `leaf:\n${onlyIn(2)}other:\n${onlyIn(1)}`);
    const parent = await push(world, "start: { trigger: { include: child.yml } }");
    const [trigger] = (await pipelineOf(world, parent)).jobs;
    const child = await pipelineOf(world, trigger?.childPipelineId ?? 0);
    expect(child.iid).toBe(2);
    expect(await statusesOf(world, child.id)).toEqual({ leaf: "pending" });
  });
});
