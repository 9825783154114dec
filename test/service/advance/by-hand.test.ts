import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createApp } from "#functions/http/app.ts";
import { sweep } from "#service/sweep/sweep.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import { finish, jobOf, pipelineOf, push, statusesOf, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

/** What `slipway retry`, `cancel` and `play` send. */
async function ask(path: string, body: unknown = {}): Promise<number> {
  await world.deps.store.tokens.put(world.deps.hash("owner"), { kind: "access", name: "owner" });
  const app = createApp({ service: world.deps, mayReadPages: async () => false });
  const answer = await app.request(`/api/slipway/${path}`, {
    method: "POST",
    headers: { authorization: "Bearer owner" },
    body: JSON.stringify(body),
  });
  if (answer.status === 200) expect((await answer.json()) as PipelineView).toHaveProperty("stages");
  await world.settle();
  return answer.status;
}

/** Moves the clock and lets the sweep look. */
async function later(seconds: number): Promise<void> {
  const { now } = world.deps;
  Object.assign(world.deps, { now: () => now() + seconds * 1000 });
  await sweep(world.deps);
  await world.settle();
}

describe("a manual job", () => {
  const manual = `stages: [build, deploy, check]
build: { stage: build, script: [make] }
deploy: { stage: deploy, script: [echo $TARGET], when: manual, allow_failure: false }
check: { stage: check, script: [make check] }
`;

  test("blocks what follows until it is played, with variables of the one who plays it", async () => {
    const id = await push(world, manual);
    await finish(world, await takeNext(world, id));
    expect(await statusesOf(world, id)).toEqual({
      build: "success",
      deploy: "manual",
      check: "created",
    });
    expect((await pipelineOf(world, id)).status).toBe("manual");
    const { id: jobId } = await jobOf(world, id, "deploy");
    expect(await ask(`jobs/${jobId}/play`, { variables: { TARGET: "live" } })).toBe(200);
    const job = await takeNext(world, id);
    expect(job.variables.find(({ key }) => key === "TARGET")?.value).toBe("live");
    expect(job.variables.find(({ key }) => key === "CI_JOB_MANUAL")?.value).toBe("true");
    await finish(world, job);
    expect((await statusesOf(world, id)).check).toBe("pending");
  });

  test("is played once, and a job that is not manual not at all", async () => {
    const id = await push(
      world,
      "deploy: { script: [make], when: manual }\nother: { script: [make] }\n",
    );
    const { id: jobId } = await jobOf(world, id, "deploy");
    const answers = await Promise.all([ask(`jobs/${jobId}/play`), ask(`jobs/${jobId}/play`)]);
    expect(answers).toContain(200);
    expect((await pipelineOf(world, id)).jobs).toHaveLength(2);
    expect(await ask(`jobs/${jobId}/play`)).toBe(409);
    expect(await ask(`jobs/${(await jobOf(world, id, "other")).id}/play`)).toBe(409);
    expect(await ask("jobs/99900001/play")).toBe(404);
  });
});

describe("a delayed job", () => {
  const delayed = `stages: [wait, after]
wait: { stage: wait, script: [make], when: delayed, start_in: 30 minutes }
after: { stage: after, script: [make] }
`;

  test("starts when it is due, not before", async () => {
    const id = await push(world, delayed);
    expect(await statusesOf(world, id)).toEqual({ wait: "scheduled", after: "created" });
    expect(world.started).toEqual([]);
    await later(29 * 60);
    expect((await statusesOf(world, id)).wait).toBe("scheduled");
    await later(90);
    expect((await statusesOf(world, id)).wait).toBe("pending");
    await finish(world, await takeNext(world, id));
    expect(await statusesOf(world, id)).toEqual({ wait: "success", after: "pending" });
  });

  test("is started before its time by playing it, and never if it is canceled", async () => {
    const id = await push(world, delayed);
    expect(await ask(`jobs/${(await jobOf(world, id, "wait")).id}/play`)).toBe(200);
    expect((await statusesOf(world, id)).wait).toBe("pending");
    const other = await push(world, delayed, { ref: "refs/heads/other" });
    expect(await ask(`pipelines/${other}/cancel`)).toBe(200);
    await later(3600);
    expect(await statusesOf(world, other)).toEqual({ wait: "canceled", after: "canceled" });
  });
});

describe("a retry", () => {
  const staged = `stages: [build, test]
build: { stage: build, script: [make] }
lint: { stage: build, script: [make lint] }
test: { stage: test, script: [make test] }
`;

  test("of one job runs it again and wakes what its failure skipped", async () => {
    const id = await push(world, staged);
    await finish(world, await takeNext(world, id), "failed");
    await finish(world, await takeNext(world, id));
    expect((await pipelineOf(world, id)).status).toBe("failed");
    const { id: jobId } = await jobOf(world, id, "build");
    expect(await ask(`jobs/${jobId}/retry`)).toBe(200);
    expect(await statusesOf(world, id)).toEqual({
      build: "pending",
      lint: "success",
      test: "created",
    });
    await finish(world, await takeNext(world, id));
    await finish(world, await takeNext(world, id));
    expect((await pipelineOf(world, id)).status).toBe("success");
    const states = world.statuses.map(({ state }) => state);
    expect(states.filter((state, index) => state !== states[index - 1]).slice(-3)).toEqual([
      "failed",
      "running",
      "success",
    ]);
  });

  test("of a pipeline runs what failed or was canceled, and nothing else", async () => {
    const id = await push(world, staged);
    await finish(world, await takeNext(world, id));
    await finish(world, await takeNext(world, id), "failed");
    expect(await ask(`pipelines/${id}/retry`)).toBe(200);
    expect(await statusesOf(world, id)).toEqual({
      build: "success",
      lint: "pending",
      test: "created",
    });
    expect((await pipelineOf(world, id)).jobs.filter(({ retried }) => retried)).toHaveLength(1);
    expect(await ask(`pipelines/${id}/cancel`)).toBe(200);
    expect(await ask(`pipelines/${id}/cancel`)).toBe(409);
    expect(await ask(`pipelines/${id}/retry`)).toBe(200);
    expect(await statusesOf(world, id)).toMatchObject({ lint: "pending", test: "created" });
  });

  test("of a job that runs is refused", async () => {
    const id = await push(world, staged);
    const job = await takeNext(world, id);
    expect(await ask(`jobs/${job.id}/retry`)).toBe(409);
  });
});
