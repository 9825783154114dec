import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { appendTrace } from "#service/runner-api/append-trace.ts";
import { finish, pipelineOf, push, statusesOf, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const newer = { sha: "b".repeat(40), before: "a".repeat(40) };
const two = "one: { script: [make], interruptible: true }\ntwo: { script: [make] }\n";

function withAutoCancel(onNewCommit: string): string {
  return `workflow: { auto_cancel: { on_new_commit: ${onNewCommit} } }\n${two}`;
}

describe("a new commit on the branch", () => {
  test("cancels the older pipeline, of which nothing has started", async () => {
    const old = await push(world, two);
    const next = await push(world, two, newer);
    expect(await pipelineOf(world, old)).toMatchObject({
      status: "canceled",
      canceledBy: `pipeline ${next}`,
    });
    expect(await statusesOf(world, next)).toEqual({ one: "pending", two: "pending" });
  });

  test("cancels it also when only a job that may be interrupted has started; its runner is told", async () => {
    const old = await push(world, two);
    const job = await takeNext(world, old);
    await push(world, two, newer);
    expect(await statusesOf(world, old)).toEqual({ one: "canceling", two: "canceled" });
    const told = await appendTrace(world.deps, {
      jobId: job.id,
      token: job.token,
      start: 0,
      bytes: new Uint8Array(),
    });
    expect(told).toMatchObject({ status: "canceling" });
    await finish(world, job, "failed");
    expect((await pipelineOf(world, old)).status).toBe("canceled");
  });

  test("leaves it alone once a job that may not be interrupted has started", async () => {
    const old = await push(world, two.replace("true", "false"));
    await takeNext(world, old);
    await push(world, two, newer);
    expect(await statusesOf(world, old)).toEqual({ one: "running", two: "pending" });
  });

  test.for([
    ["conservative", { one: "canceled", two: "canceled" }],
    ["interruptible", { one: "canceled", two: "pending" }],
    ["none", { one: "pending", two: "pending" }],
  ] as const)("with on_new_commit: %s leaves %o", async ([onNewCommit, statuses]) => {
    const old = await push(world, withAutoCancel(onNewCommit));
    await push(world, two, newer);
    expect(await statusesOf(world, old)).toEqual(statuses);
  });

  test.for([
    ["of another branch", { ...newer, ref: "refs/heads/other" }],
    ["of a tag", { ...newer, ref: "refs/tags/v1" }],
    ["that is the same", { before: "c".repeat(40) }],
  ] as const)("%s cancels nothing", async ([, options]) => {
    const old = await push(world, two);
    await push(world, two, options);
    expect(await statusesOf(world, old)).toEqual({ one: "pending", two: "pending" });
  });

  test("does not cancel what is older than a week", async () => {
    const old = await push(world, two);
    const stored = await world.deps.store.pipelines.get(old);
    if (stored === undefined) throw new Error("There is no pipeline.");
    const createdAt = new Date(Date.now() - 7.1 * 24 * 3600_000).toISOString();
    await world.deps.store.pipelines.save({ ...stored.value, createdAt }, stored.version);
    await push(world, two, newer);
    expect(await statusesOf(world, old)).toEqual({ one: "pending", two: "pending" });
  });

  test("whose worker died before it told the older pipeline tells it when it is handled again", async () => {
    const old = await push(world, two);
    const { pipelines } = world.deps.store;
    const { list } = pipelines;
    let lists = 0;
    Object.assign(pipelines, {
      list: (filter: Parameters<typeof list>[0]) => {
        if (filter.before === undefined) return list(filter);
        lists += 1;
        if (lists === 1) throw new Error("The worker died.");
        return list(filter);
      },
    });
    await push(world, two, newer);
    expect(lists).toBe(2);
    expect((await pipelineOf(world, old)).status).toBe("canceled");
  });
});

describe("a job that fails", () => {
  const three = `${two}three: { script: [make], allow_failure: true }\n`;

  test("with on_job_failure: all cancels the rest", async () => {
    const id = await push(world, `workflow: { auto_cancel: { on_job_failure: all } }\n${three}`);
    const first = await takeNext(world, id);
    await takeNext(world, id);
    await finish(world, first, "failed");
    expect(await statusesOf(world, id)).toEqual({
      one: "failed",
      two: "canceling",
      three: "canceled",
    });
  });

  test("without it cancels nothing", async () => {
    const id = await push(world, three);
    await finish(world, await takeNext(world, id), "failed");
    expect(await statusesOf(world, id)).toEqual({
      one: "failed",
      two: "pending",
      three: "pending",
    });
  });
});
