import { describe, expect, test } from "vitest";
import { availableJobs, environmentMayExit } from "#pipeline/availability.ts";
import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { at, happen, job, look, ofType, pipelineOf, plan, statuses, take } from "./build.ts";

const two = plan(["test"], [{ name: "a" }, { name: "b" }]);
const shared = { executor: "docker-socket", capacity: 2 } as const;

function states(pipeline: Pipeline): readonly string[] {
  return pipeline.environments.map(({ id, state }) => `${id} ${state}`);
}

function names(pipeline: Pipeline, environmentId: string): readonly string[] {
  return availableJobs(pipeline, environmentId).map(({ name }) => name);
}

function running(id: string): PipelineEvent {
  return { type: "environment_running", environmentId: id };
}

function ended(id: string, problem?: string): PipelineEvent {
  return { type: "environment_ended", environmentId: id, ...(problem && { problem }) };
}

describe("environments are wanted", () => {
  test("one for each ready job, and asked for at once", () => {
    const { pipeline, commands } = happen(pipelineOf(two), 0, look);
    expect(states(pipeline)).toEqual(["p7-e1 wanted", "p7-e2 wanted"]);
    expect(ofType(commands, "start_environment").map(({ environment }) => environment.id)).toEqual([
      "p7-e1",
      "p7-e2",
    ]);
  });

  test("up to the project's limit; a job that ended makes room", () => {
    const first = happen(pipelineOf(two, { maxEnvironments: 1 }), 0, look).pipeline;
    expect(states(first)).toEqual(["p7-e1 wanted"]);
    const working = happen(first, 1, running("p7-e1"), take("a", "p7-e1", first)).pipeline;
    expect(states(working)).toEqual(["p7-e1 running"]);
    const { id } = job(working, "a");
    const done = happen(working, 2, { type: "job_finished", jobId: id, state: "success" }).pipeline;
    expect(states(done)).toEqual(["p7-e1 running", "p7-e2 wanted"]);
  });

  test("one for all jobs where they share the engine, with all their tags", () => {
    const tagged = plan(
      ["test"],
      [
        { name: "a", runnerTags: ["large"] },
        { name: "b", runnerTags: ["arm", "large"] },
        { name: "c" },
      ],
    );
    const { pipeline } = happen(pipelineOf(tagged, shared), 0, look);
    expect(pipeline.environments).toHaveLength(1);
    expect(pipeline.environments[0]).toMatchObject({ capacity: 2, runnerTags: ["arm", "large"] });
    expect(names(pipeline, "p7-e1")).toEqual(["a", "b", "c"]);
  });

  test("of the kind that the job's tags ask for", () => {
    const tagged = plan(["test"], [{ name: "a", runnerTags: ["y", "x"] }, { name: "b" }]);
    const { pipeline } = happen(pipelineOf(tagged), 0, look);
    expect(pipeline.environments.map(({ runnerTags }) => runnerTags)).toEqual([["x", "y"], []]);
    expect(names(pipeline, "p7-e1")).toEqual(["a"]);
    expect(names(pipeline, "p7-e2")).toEqual(["b"]);
  });

  test("again on every look until they are started", () => {
    const first = happen(pipelineOf(two), 0, look);
    expect(ofType(happen(first.pipeline, 30, look).commands, "start_environment")).toHaveLength(2);
    const started = happen(first.pipeline, 30, {
      type: "environment_started",
      environmentId: "p7-e1",
      handle: "container 1",
    });
    expect(ofType(started.commands, "start_environment")).toHaveLength(0);
    expect(started.pipeline.environments[0]).toMatchObject({
      state: "starting",
      handle: "container 1",
      startedAt: at(30),
    });
    expect(ofType(happen(started.pipeline, 31, look).commands, "start_environment")).toHaveLength(
      1,
    );
  });
});

describe("a job is taken", () => {
  const ready = happen(pipelineOf(two), 0, look, running("p7-e1"), running("p7-e2")).pipeline;
  const taken = happen(ready, 5, take("a", "p7-e1", ready)).pipeline;

  test("by one environment, which then has no room", () => {
    expect(job(taken, "a")).toMatchObject({
      status: "running",
      environmentId: "p7-e1",
      startedAt: at(5),
    });
    expect(names(taken, "p7-e1")).toEqual([]);
    expect(names(taken, "p7-e2")).toEqual(["b"]);
  });

  test("not by a second one", () => {
    expect(happen(taken, 6, take("a", "p7-e2", ready)).pipeline).toBe(taken);
  });

  test("not with a second job by an environment of one job", () => {
    expect(happen(taken, 6, take("b", "p7-e1", ready)).pipeline).toBe(taken);
  });

  test("not by an environment that has ended", () => {
    const gone = happen(ready, 5, ended("p7-e2"));
    const late = happen(gone.pipeline, 6, take("a", "p7-e2", ready));
    expect(job(late.pipeline, "a").status).toBe("pending");
  });

  test("which proves that the environment runs", () => {
    const first = happen(pipelineOf(two), 0, look).pipeline;
    const next = happen(first, 3, take("a", "p7-e1", first)).pipeline;
    expect(next.environments[0]).toMatchObject({ state: "running", runningAt: at(3) });
  });

  test("up to the capacity of a shared environment", () => {
    const three = plan(["test"], [{ name: "a" }, { name: "b" }, { name: "c" }]);
    const up = happen(pipelineOf(three, shared), 0, look, running("p7-e1")).pipeline;
    const full = happen(up, 1, take("a", "p7-e1", up), take("b", "p7-e1", up)).pipeline;
    expect(happen(full, 2, take("c", "p7-e1", up)).pipeline).toBe(full);
    const { id } = job(full, "a");
    const free = happen(full, 3, { type: "job_finished", jobId: id, state: "success" }).pipeline;
    expect(names(free, "p7-e1")).toEqual(["c"]);
  });
});

describe("an environment may exit", () => {
  const staged = plan(
    ["build", "deploy"],
    [
      { name: "build", stage: "build" },
      { name: "deploy", stage: "deploy" },
    ],
  );

  test("when its only job has ended, and is stopped if it stays", () => {
    const up = happen(pipelineOf(staged), 0, look, running("p7-e1")).pipeline;
    const busy = happen(up, 1, take("build", "p7-e1", up)).pipeline;
    expect(environmentMayExit(busy, "p7-e1")).toBe(false);
    const { id } = job(busy, "build");
    const done = happen(busy, 2, { type: "job_finished", jobId: id, state: "success" }).pipeline;
    expect(environmentMayExit(done, "p7-e1")).toBe(true);
    expect(states(happen(done, 61, look).pipeline)).toEqual(["p7-e1 running", "p7-e2 wanted"]);
    const late = happen(done, 62, look);
    expect(states(late.pipeline)).toEqual(["p7-e1 stopping", "p7-e2 wanted"]);
    expect(ofType(late.commands, "stop_environment")).toEqual([
      { type: "stop_environment", environmentId: "p7-e1" },
    ]);
    expect(late.pipeline.environments[0]?.problem).toBeUndefined();
  });

  test("not while a shared one waits for the next stage", () => {
    const up = happen(pipelineOf(staged, shared), 0, look, running("p7-e1")).pipeline;
    const busy = happen(up, 1, take("build", "p7-e1", up)).pipeline;
    const { id } = job(busy, "build");
    const next = happen(busy, 2, { type: "job_finished", jobId: id, state: "success" }).pipeline;
    expect(environmentMayExit(next, "p7-e1")).toBe(false);
    expect(names(next, "p7-e1")).toEqual(["deploy"]);
  });

  test("when only a person can bring more work", () => {
    const manual = plan(
      ["build", "deploy"],
      [
        { name: "build", stage: "build" },
        { name: "deploy", stage: "deploy", when: "manual", allowFailure: false },
      ],
    );
    const up = happen(pipelineOf(manual, shared), 0, look, running("p7-e1")).pipeline;
    const busy = happen(up, 1, take("build", "p7-e1", up)).pipeline;
    const { id } = job(busy, "build");
    const blocked = happen(busy, 2, { type: "job_finished", jobId: id, state: "success" }).pipeline;
    expect(blocked.status).toBe("manual");
    expect(environmentMayExit(blocked, "p7-e1")).toBe(true);
  });

  test("when it is unknown, and when it is told to stop", () => {
    const { pipeline } = happen(pipelineOf(two), 0, look, { type: "cancel", by: "ada" });
    expect(environmentMayExit(pipeline, "p8-e1")).toBe(true);
    expect(environmentMayExit(pipeline, "p7-e1")).toBe(true);
  });

  test("and one that has not started yet is given up at once when nothing waits for it", () => {
    const { pipeline, commands } = happen(pipelineOf(two), 0, look, { type: "cancel", by: "ada" });
    expect(states(pipeline)).toEqual(["p7-e1 stopping", "p7-e2 stopping"]);
    expect(ofType(commands, "stop_environment")).toHaveLength(2);
    expect(ofType(happen(pipeline, 9, look).commands, "stop_environment")).toHaveLength(2);
    const gone = happen(pipeline, 10, ended("p7-e1"), ended("p7-e2")).pipeline;
    expect(states(gone)).toEqual(["p7-e1 ended", "p7-e2 ended"]);
    expect(happen(gone, 11, look).commands.map(({ type }) => type)).not.toContain(
      "stop_environment",
    );
  });
});

describe("an environment dies", () => {
  const ready = happen(pipelineOf(two, { maxEnvironments: 1 }), 0, look, running("p7-e1")).pipeline;
  const busy = happen(ready, 1, take("a", "p7-e1", ready)).pipeline;

  test("with its job, which gets another attempt in a new one", () => {
    const { pipeline, commands } = happen(busy, 20, ended("p7-e1", "out of memory"));
    expect(pipeline.jobs[0]).toMatchObject({
      status: "failed",
      failureReason: "runner_system_failure",
      retried: true,
    });
    expect(job(pipeline, "a")).toMatchObject({ status: "pending", systemFailures: 1, attempt: 0 });
    expect(states(pipeline)).toEqual(["p7-e1 ended", "p7-e2 wanted"]);
    expect(pipeline.environments[0]?.problem).toBe("out of memory");
    expect(ofType(commands, "stop_environment")).toHaveLength(1);
  });

  test("three times: the job fails with that reason", () => {
    let pipeline = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look).pipeline;
    for (const [index, id] of ["p7-e1", "p7-e2", "p7-e3"].entries()) {
      pipeline = happen(pipeline, index * 10 + 5, take("a", id, pipeline), ended(id)).pipeline;
    }
    expect(job(pipeline, "a")).toMatchObject({
      status: "failed",
      failureReason: "runner_system_failure",
      systemFailures: 2,
    });
    expect(pipeline.jobs).toHaveLength(3);
    expect(pipeline.status).toBe("failed");
  });

  test("without ever working: a job that waited for it pays an attempt", () => {
    const { pipeline } = happen(ready, 20, ended("p7-e1"));
    expect(statuses(pipeline)).toEqual({ a: "pending", b: "pending" });
    expect(job(pipeline, "a")).toMatchObject({ systemFailures: 1 });
    expect(job(pipeline, "b")).toMatchObject({ systemFailures: 0 });
  });

  test("by leaving as told, just before new work came: nobody pays", () => {
    const manual = plan(["test"], [{ name: "a" }, { name: "b", when: "manual" }]);
    const up = happen(pipelineOf(manual, shared), 0, look, running("p7-e1")).pipeline;
    const free = happen(up, 1, { type: "cancel", by: "ada", jobIds: [job(up, "a").id] }).pipeline;
    const played = happen(free, 2, { type: "play", by: "ada", jobIds: [job(free, "b").id] });
    const { pipeline } = happen(played.pipeline, 3, ended("p7-e1"));
    expect(job(pipeline, "b")).toMatchObject({ status: "pending", systemFailures: 0 });
    expect(states(pipeline)).toEqual(["p7-e1 ended", "p7-e2 wanted"]);
  });
});
