import { describe, expect, test } from "vitest";
import type { Plan } from "#language/plan.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import {
  at,
  happen,
  type JobSketch,
  job,
  look,
  ofType,
  pipelineOf,
  plan,
  statuses,
  take,
} from "./build.ts";

const cancel = { type: "cancel", by: "ada" } as const;
const one = happen(pipelineOf(plan(["test"], [{ name: "a", retry: 2 }])), 0, look).pipeline;
const busy = happen(one, 1, take("a", "p7-e1", one)).pipeline;

describe("canceling", () => {
  test("ends a waiting job at once", () => {
    const { pipeline } = happen(one, 1, cancel);
    expect(job(pipeline, "a")).toMatchObject({
      status: "canceled",
      canceledBy: "ada",
      finishedAt: at(1),
    });
    expect(pipeline).toMatchObject({ status: "canceled", canceledBy: "ada", finishedAt: at(1) });
  });

  test("tells a running job's runner, and ends when it reports, whatever it reports", () => {
    const told = happen(busy, 5, cancel).pipeline;
    expect(job(told, "a")).toMatchObject({ status: "canceling", cancelingAt: at(5) });
    expect(told.status).toBe("canceling");
    for (const state of ["success", "failed"] as const) {
      const { id } = job(told, "a");
      const { pipeline } = happen(told, 6, { type: "job_finished", jobId: id, state, exitCode: 1 });
      expect(statuses(pipeline)).toEqual({ a: "canceled" });
      expect(pipeline.jobs).toHaveLength(1);
    }
  });

  test("waits six minutes for the runner's word", () => {
    const told = happen(busy, 5, cancel).pipeline;
    const heard = happen(told, 200, { type: "job_contact", jobId: job(told, "a").id }).pipeline;
    expect(job(happen(heard, 364, look).pipeline, "a").status).toBe("canceling");
    expect(job(happen(heard, 365, look).pipeline, "a").status).toBe("canceled");
  });

  test("ends with the environment, without another attempt", () => {
    const told = happen(busy, 5, cancel).pipeline;
    const { pipeline } = happen(told, 6, {
      type: "environment_ended",
      environmentId: "p7-e1",
      problem: "died",
    });
    expect(statuses(pipeline)).toEqual({ a: "canceled" });
    expect(pipeline.jobs).toHaveLength(1);
  });

  test("twice is once", () => {
    const told = happen(busy, 5, cancel).pipeline;
    expect(happen(told, 6, { ...cancel, by: "bob" }).pipeline).toBe(told);
  });

  test("one job leaves the others", () => {
    const two = happen(
      pipelineOf(plan(["test"], [{ name: "a" }, { name: "b" }])),
      0,
      look,
    ).pipeline;
    const { pipeline } = happen(two, 1, { ...cancel, jobIds: [job(two, "b").id] });
    expect(statuses(pipeline)).toEqual({ a: "pending", b: "canceled" });
    expect(pipeline.canceledBy).toBeUndefined();
  });
});

type Row = {
  readonly name: string;
  readonly onNewCommit: Plan["autoCancel"]["onNewCommit"];
  readonly jobs: readonly JobSketch[];
  readonly takes: readonly string[];
  readonly becomes: Readonly<Record<string, string>>;
};

const free = { name: "a", interruptible: true };
const firm = { name: "b", interruptible: false };

const rows: readonly Row[] = [
  {
    name: "conservative: nothing has started",
    onNewCommit: "conservative",
    jobs: [free, firm],
    takes: [],
    becomes: { a: "canceled", b: "canceled" },
  },
  {
    name: "conservative: only what may be interrupted has started",
    onNewCommit: "conservative",
    jobs: [free, firm],
    takes: ["a"],
    becomes: { a: "canceling", b: "canceled" },
  },
  {
    name: "conservative: what may not be interrupted has started",
    onNewCommit: "conservative",
    jobs: [free, firm],
    takes: ["b"],
    becomes: { a: "pending", b: "running" },
  },
  {
    name: "interruptible: only what may be interrupted goes",
    onNewCommit: "interruptible",
    jobs: [free, firm, { name: "c", interruptible: true }],
    takes: ["a", "b"],
    becomes: { a: "canceling", b: "running", c: "canceled" },
  },
  {
    name: "none",
    onNewCommit: "none",
    jobs: [free],
    takes: [],
    becomes: { a: "pending" },
  },
];

function workingOn(row: Row): Pipeline {
  const pipeline = pipelineOf(plan(["test"], row.jobs, { onNewCommit: row.onNewCommit }));
  const ready = happen(pipeline, 0, look).pipeline;
  const kinds = row.takes.map((name) => {
    const number = row.jobs.findIndex((sketch) => sketch.name === name) + 1;
    return take(name, `p7-e${number}`, ready);
  });
  return happen(ready, 1, ...kinds).pipeline;
}

describe("a newer pipeline of the ref", () => {
  test.for(rows)("$name", (row) => {
    const { pipeline } = happen(workingOn(row), 2, { type: "superseded", byPipelineId: 8 });
    expect(statuses(pipeline)).toEqual(row.becomes);
  });

  test("is named as the one who canceled", () => {
    const { pipeline } = happen(one, 2, { type: "superseded", byPipelineId: 8 });
    expect(pipeline.canceledBy).toBe("pipeline 8");
  });

  test("leaves a pipeline that waits for a person, which can still be played", () => {
    const sketches = [
      { name: "a", when: "manual", allowFailure: false },
      { name: "b", stage: "deploy" },
    ] as const;
    const held = happen(pipelineOf(plan(["test", "deploy"], sketches)), 0, look).pipeline;
    expect(happen(held, 2, { type: "superseded", byPipelineId: 8 }).pipeline).toBe(held);
  });

  test("leaves a job that may not be interrupted and was once started its right, though retried", () => {
    const failed = happen(busy, 2, {
      type: "job_finished",
      jobId: job(busy, "a").id,
      state: "failed",
    }).pipeline;
    expect(job(failed, "a").status).toBe("pending");
    expect(happen(failed, 3, { type: "superseded", byPipelineId: 8 }).pipeline).toBe(failed);
  });
});

describe("a resource group", () => {
  const grouped = pipelineOf(plan(["test"], [{ name: "a", resourceGroup: "production" }]));
  const waiting = happen(grouped, 0, look);
  const { id } = job(waiting.pipeline, "a");
  const turn = { jobId: id, resourceGroup: "production" };

  test("is asked for its turn, on every look again", () => {
    expect(job(waiting.pipeline, "a").status).toBe("waiting_for_resource");
    expect(waiting.pipeline.environments).toEqual([]);
    for (const { commands } of [waiting, happen(waiting.pipeline, 60, look)]) {
      expect(ofType(commands, "acquire_resource")).toEqual([{ type: "acquire_resource", ...turn }]);
    }
  });

  test("lets the job in", () => {
    const { pipeline } = happen(waiting.pipeline, 9, { type: "resource_acquired", jobId: id });
    expect(job(pipeline, "a")).toMatchObject({ status: "pending", queuedAt: at(9) });
    expect(pipeline.environments).toHaveLength(1);
  });

  test("gets its turn back when the job has ended, and on looks after that", () => {
    const ready = happen(waiting.pipeline, 1, { type: "resource_acquired", jobId: id }).pipeline;
    const taken = happen(ready, 2, take("a", "p7-e1", ready)).pipeline;
    const done = happen(taken, 3, { type: "job_finished", jobId: id, state: "success" });
    for (const { commands } of [done, happen(done.pipeline, 4, look)]) {
      expect(ofType(commands, "release_resource")).toEqual([{ type: "release_resource", ...turn }]);
    }
  });

  test("gets its place in the line back from a canceled job, also when the turn comes later", () => {
    const canceled = happen(waiting.pipeline, 1, cancel);
    expect(ofType(canceled.commands, "release_resource")).toHaveLength(1);
    const late = happen(canceled.pipeline, 2, { type: "resource_acquired", jobId: id });
    expect(late.pipeline).toBe(canceled.pipeline);
    expect(ofType(late.commands, "release_resource")).toHaveLength(1);
  });

  test("is given back and asked again between attempts", () => {
    const sketch = { name: "a", resourceGroup: "production", retry: 1 };
    const first = happen(pipelineOf(plan(["test"], [sketch])), 0, look).pipeline;
    const ready = happen(first, 1, { type: "resource_acquired", jobId: id }).pipeline;
    const taken = happen(ready, 2, take("a", "p7-e1", ready)).pipeline;
    const failed = happen(taken, 3, { type: "job_finished", jobId: id, state: "failed" });
    expect(ofType(failed.commands, "release_resource")).toMatchObject([{ jobId: id }]);
    expect(ofType(failed.commands, "acquire_resource")).toMatchObject([{ jobId: id + 1 }]);
  });
});
