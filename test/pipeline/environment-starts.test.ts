import { describe, expect, test } from "vitest";
import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { at, happen, job, look, ofType, pipelineOf, plan, statuses, toldBy } from "./build.ts";

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

const started: PipelineEvent = {
  type: "environment_started",
  environmentId: "p7-e1",
  handle: "build:1",
};

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

  test("stands in line without any time that it has to start by, nor any look of its own", () => {
    const { pipeline } = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look, waits);
    const later = happen(pipeline, 86_400, look);
    expect(states(later.pipeline)[0]).toBe("p7-e1 wanted");
    expect(later.pipeline).toBe(pipeline);
    expect(ofType(later.commands, "look_at")).toHaveLength(0);
  });

  test("is tried out of turn when a place is offered, and only while it stands in line", () => {
    const offer: PipelineEvent = { type: "place_offered", environmentId: "p7-e1" };
    const { pipeline } = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look, waits);
    const offered = happen(pipeline, 900, offer);
    expect(offered.pipeline).toBe(pipeline);
    expect(offered.commands).toMatchObject([{ type: "start_environment", offered: true }]);
    const up = happen(pipeline, 901, started);
    expect(ofType(happen(up.pipeline, 902, offer).commands, "start_environment")).toHaveLength(0);
  });

  test("has its full time to start once it got a place", () => {
    const { pipeline } = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look, waits);
    const up = happen(pipeline, 5000, started).pipeline;
    expect(up.environments[0]).toMatchObject({ waitsSince: at(0), startedAt: at(5000) });
    expect(states(happen(up, 5599, look).pipeline)).toEqual(["p7-e1 starting"]);
    expect(states(happen(up, 5600, look).pipeline)[0]).toBe("p7-e1 stopping");
  });

  test("that fails when its turn comes is tried again after the usual pauses", () => {
    const { pipeline } = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look, waits);
    const once = happen(pipeline, 5000, failed("p7-e1"));
    expect(ofType(happen(once.pipeline, 5004, look).commands, "start_environment")).toEqual([]);
    expect(ofType(happen(once.pipeline, 5005, look).commands, "start_environment")).toHaveLength(1);
    const again = happen(once.pipeline, 5006, waits);
    expect(again.pipeline.environments[0]).toMatchObject({ startFailures: 1, waitsSince: at(0) });
    expect(ofType(happen(again.pipeline, 9000, look).commands, "look_at")).toEqual([]);
  });

  test("keeps jobs from being given up that another kind of environment is to take", () => {
    const jobs = [{ name: "a" }, { name: "b", runnerTags: ["large"] }];
    const limited = pipelineOf(plan(["test"], jobs), { maxEnvironments: 1 });
    const { pipeline } = happen(limited, 0, look, waits);
    expect(statuses(happen(pipeline, 90_000, look).pipeline)).toEqual({
      a: "pending",
      b: "pending",
    });
  });

  test("gives its place back when it is gone", () => {
    const { pipeline } = happen(
      pipelineOf(plan(["test"], [{ name: "a" }])),
      0,
      look,
      waits,
      started,
    );
    expect(ofType(happen(pipeline, 60, ended("p7-e1")).commands, "free_place")).toEqual([
      { type: "free_place", environmentId: "p7-e1", waited: true, stopped: false },
    ]);
  });

  test("says why to people until the environment starts, in one write", () => {
    const why: PipelineEvent = { ...waits, reason: "CodeBuild is full" };
    const first = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look, why);
    expect(toldBy(first)).toMatchObject([
      { state: "pending", description: "Waiting for build capacity: CodeBuild is full" },
    ]);
    const again = happen(first.pipeline, 1, why);
    expect(again.pipeline).toBe(first.pipeline);
    expect(toldBy(happen(again.pipeline, 2, started))).toMatchObject([
      { state: "pending", description: "Waiting for a runner" },
    ]);
  });

  test("an accepted start may wait as long for its turn, and then has the time to start again", () => {
    let { pipeline } = happen(pipelineOf(plan(["test"], [{ name: "a" }])), 0, look, started);
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
