import { describe, expect, test } from "vitest";
import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { at, happen, job, look, ofType, pipelineOf, plan, statuses } from "./build.ts";

function states(pipeline: Pipeline): readonly string[] {
  return pipeline.environments.map(({ id, state }) => `${id} ${state}`);
}

function running(id: string): PipelineEvent {
  return { type: "environment_running", environmentId: id };
}

function ended(id: string, problem?: string): PipelineEvent {
  return { type: "environment_ended", environmentId: id, ...(problem && { problem }) };
}

function failed(id: string, permanent = false): PipelineEvent {
  return { type: "environment_start_failed", environmentId: id, problem: "no room", permanent };
}

describe("a start for which there is no room", () => {
  const waits: PipelineEvent = { type: "environment_waits", environmentId: "p7-e1" };

  test("is tried at every look, for as long as it takes, and costs no attempt", () => {
    let { pipeline } = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look);
    for (let seconds = 60; seconds <= 7200; seconds += 60) {
      const looked = happen(pipeline, seconds, look);
      expect(ofType(looked.commands, "start_environment")).toHaveLength(1);
      const waited = happen(looked.pipeline, seconds, waits);
      expect(ofType(waited.commands, "start_environment")).toHaveLength(0);
      pipeline = waited.pipeline;
    }
    expect(states(pipeline)).toEqual(["p7-e1 wanted"]);
    expect(job(pipeline, "a")).toMatchObject({ status: "pending", systemFailures: 0 });
  });

  test("that nobody speaks of any more is given up", () => {
    const { pipeline } = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look, waits);
    expect(states(happen(pipeline, 600, look).pipeline)[0]).toBe("p7-e1 stopping");
  });

  test("says why to people until the environment starts, in one write", () => {
    const why: PipelineEvent = { ...waits, reason: "CodeBuild is full" };
    const first = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look, why);
    expect(ofType(first.commands, "post_status")).toMatchObject([
      { state: "pending", description: "Waiting for build capacity: CodeBuild is full" },
    ]);
    const again = happen(first.pipeline, 1, why);
    expect(again.pipeline).toBe(first.pipeline);
    const started: PipelineEvent = {
      type: "environment_started",
      environmentId: "p7-e1",
      handle: "build:1",
    };
    expect(ofType(happen(again.pipeline, 2, started).commands, "post_status")).toMatchObject([
      { state: "pending", description: "Waiting for a runner" },
    ]);
  });

  test("an accepted start may wait as long for its turn, and then has the time to start again", () => {
    const accepted: PipelineEvent = {
      type: "environment_started",
      environmentId: "p7-e1",
      handle: "build:1",
    };
    let { pipeline } = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look, accepted);
    for (let seconds = 60; seconds <= 1800; seconds += 60) {
      pipeline = happen(pipeline, seconds, { ...waits, reason: "queued" }, look).pipeline;
    }
    expect(states(pipeline)).toEqual(["p7-e1 starting"]);
    const begins = happen(pipeline, 1801, waits).pipeline;
    expect(begins.environments[0]).not.toHaveProperty("waitsFor");
    expect(states(happen(begins, 2500, look).pipeline)[0]).toBe("p7-e1 stopping");
  });

  test("changes nothing once the environment runs", () => {
    const one = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look).pipeline;
    const up = happen(one, 1, running("p7-e1")).pipeline;
    expect(happen(up, 200, waits).pipeline.environments).toEqual(up.environments);
  });
});

describe("a start that fails", () => {
  const one = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look).pipeline;

  test("is tried again, each time later", () => {
    const once = happen(one, 1, failed("p7-e1"));
    expect(states(once.pipeline)).toEqual(["p7-e1 wanted"]);
    expect(ofType(once.commands, "look_at")).toEqual([{ type: "look_at", at: at(5) }]);
    expect(ofType(happen(once.pipeline, 4, look).commands, "start_environment")).toHaveLength(0);
    expect(ofType(happen(once.pipeline, 5, look).commands, "start_environment")).toHaveLength(1);
    const twice = happen(once.pipeline, 6, failed("p7-e1"));
    expect(ofType(twice.commands, "look_at")).toEqual([{ type: "look_at", at: at(20) }]);
  });

  test("five times costs the job an attempt", () => {
    const again = Array.from({ length: 5 }, () => failed("p7-e1"));
    const { pipeline } = happen(one, 200, ...again);
    expect(pipeline.environments[0]).toMatchObject({ state: "stopping", problem: "no room" });
    expect(pipeline.jobs[0]).toMatchObject({
      status: "failed",
      failureReason: "runner_system_failure",
      environmentId: "p7-e1",
    });
    expect(job(pipeline, "a")).toMatchObject({ status: "pending", systemFailures: 1 });
  });

  test("for good fails every job that needs such a machine, without another attempt", () => {
    const limited = happen(
      pipelineOf(plan(["test"], [{ name: "a" }, { name: "b" }]), { maxEnvironments: 1 }),
      0,
      look,
    ).pipeline;
    const { pipeline } = happen(limited, 1, failed("p7-e1", true));
    expect(statuses(pipeline)).toEqual({ a: "failed", b: "failed" });
    expect(pipeline.jobs).toHaveLength(2);
    expect(pipeline.status).toBe("failed");
  });

  test("means nothing once the environment runs", () => {
    const up = happen(one, 1, running("p7-e1")).pipeline;
    expect(happen(up, 2, failed("p7-e1", true)).pipeline).toBe(up);
  });

  test("and one that started after all, when nobody waits any more, is stopped", () => {
    const gone = happen(one, 1, { type: "cancel", by: "ada" }, ended("p7-e1")).pipeline;
    const late = happen(gone, 2, {
      type: "environment_started",
      environmentId: "p7-e1",
      handle: "h",
    });
    expect(states(late.pipeline)).toEqual(["p7-e1 stopping"]);
    expect(ofType(late.commands, "stop_environment")).toHaveLength(1);
  });
});
