import { afterEach, beforeEach, expect, test } from "vitest";
import type { JobResponse } from "#runner/protocol.ts";
import { appendTrace } from "#service/runner-api/append-trace.ts";
import { pipelineView } from "#service/view/pipeline-view.ts";
import { finish, jobOf, pipelineOf, push, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

async function say(job: JobResponse, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  await appendTrace(world.deps, { jobId: job.id, token: job.token, start: 0, bytes });
}

const covered = "  script: [make]\n  coverage: '/covered (\\d+\\.?\\d*)%/'\n";

test.for([
  ["in the middle of it", "covered 1%\ncovered 42.5%\nthe end\n", 42.5],
  ["in its last line, without a line end", "covered 1%\ncovered 99%", 99],
  ["in its first line, before much else", `covered 7%\n${"a line\n".repeat(100_000)}`, 7],
  [
    "where two pieces of it meet",
    `${"x".repeat(300_000)} covered 12%\n${"y\n".repeat(130_000)}`,
    12,
  ],
  ["nowhere", "nothing\n".repeat(10), undefined],
  ["nowhere because it is empty", "", undefined],
] as const)("a percentage is found in a job's log %s", async ([, log, coverage]) => {
  const id = await push(world, `test:\n${covered}`);
  const job = await takeNext(world, id);
  await say(job, log);
  await finish(world, job);
  expect((await jobOf(world, id, "test")).coverage).toBe(coverage);
});

test("a job without the keyword has none", async () => {
  const id = await push(world, "test:\n  script: [make]\n");
  const job = await takeNext(world, id);
  await say(job, "covered 50%\n");
  await finish(world, job);
  expect((await jobOf(world, id, "test")).coverage).toBeUndefined();
});

test("the average of all jobs is the pipeline's, and goes with the commit status", async () => {
  const id = await push(world, `one:\n${covered}two:\n${covered}three:\n  script: [make]\n`);
  for (const percentage of [80, 45.55]) {
    const job = await takeNext(world, id);
    await say(job, `covered ${percentage}%\n`);
    await finish(world, job);
  }
  await finish(world, await takeNext(world, id));
  expect(world.statuses.at(-1)).toMatchObject({ state: "success", coverage: 62.78 });
  const view = pipelineView(await pipelineOf(world, id));
  expect(view.coverage).toBe(62.78);
  expect(view.stages[0]?.jobs.map(({ coverage }) => coverage)).toEqual([80, 45.55, undefined]);
});
