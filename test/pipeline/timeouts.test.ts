import { describe, expect, test } from "vitest";
import { nextDue } from "#pipeline/due.ts";
import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { at, happen, job, look, ofType, pipelineOf, plan, take } from "./build.ts";

const one = plan(["test"], [{ name: "a", timeoutSeconds: 100 }]);

function contact(pipeline: Pipeline): PipelineEvent {
  return { type: "job_contact", jobId: job(pipeline, "a").id };
}

/** With job a taken at second 1 and a word from its runner every minute up to `until`. */
function runningUntil(until: number, from = pipelineOf(one)): Pipeline {
  const ready = happen(from, 0, look).pipeline;
  let pipeline = happen(ready, 1, take("a", "p7-e1", ready)).pipeline;
  for (let seconds = 60; seconds <= until; seconds += 60) {
    pipeline = happen(pipeline, seconds, contact(pipeline)).pipeline;
  }
  return pipeline;
}

describe("time", () => {
  test("ends a job that runs longer than its limit and what comes around it", () => {
    const pipeline = runningUntil(660);
    expect(job(happen(pipeline, 700, look).pipeline, "a").status).toBe("running");
    expect(job(happen(pipeline, 701, look).pipeline, "a")).toMatchObject({
      status: "failed",
      failureReason: "job_execution_timeout",
      finishedAt: at(701),
    });
  });

  test("ends a job whose runner is silent for five minutes, and its environment", () => {
    const pipeline = runningUntil(60);
    expect(happen(pipeline, 359, look).pipeline).toBe(pipeline);
    const silent = happen(pipeline, 360, look);
    expect(silent.pipeline.jobs[0]).toMatchObject({ failureReason: "runner_system_failure" });
    expect(job(silent.pipeline, "a")).toMatchObject({ status: "pending", systemFailures: 1 });
    expect(silent.pipeline.environments).toMatchObject([
      { state: "stopping", problem: "Its runner fell silent" },
      { state: "wanted" },
    ]);
  });

  test("passes over a runner that speaks again just in time", () => {
    const pipeline = runningUntil(60);
    const spoke = happen(pipeline, 360, contact(pipeline)).pipeline;
    expect(job(spoke, "a")).toMatchObject({ status: "running", contactAt: at(360) });
  });

  test("is not counted anew by every word of a chatty runner", () => {
    const pipeline = runningUntil(60);
    expect(happen(pipeline, 89, contact(pipeline)).pipeline).toBe(pipeline);
    expect(happen(pipeline, 90, contact(pipeline)).pipeline).not.toBe(pipeline);
  });

  test("leaves the other jobs of a shared environment alone when one falls silent", () => {
    const two = plan(["test"], [{ name: "a" }, { name: "b" }]);
    const ready = happen(pipelineOf(two, { executor: "docker-socket", capacity: 2 }), 0, look);
    const first = ready.pipeline;
    const busy = happen(first, 1, take("a", "p7-e1", first), take("b", "p7-e1", first)).pipeline;
    const heard = happen(busy, 200, { type: "job_contact", jobId: job(busy, "b").id }).pipeline;
    const { pipeline } = happen(heard, 301, look);
    expect(job(pipeline, "a")).toMatchObject({ status: "pending", systemFailures: 1 });
    expect(job(pipeline, "b").status).toBe("running");
    expect(pipeline.environments).toMatchObject([{ state: "running" }]);
  });

  test("gives up an environment that does not run after ten minutes", () => {
    const wanted = happen(pipelineOf(one), 0, look, {
      type: "environment_started",
      environmentId: "p7-e1",
      handle: "h",
    }).pipeline;
    expect(happen(wanted, 599, look).pipeline).toBe(wanted);
    const { pipeline } = happen(wanted, 600, look);
    expect(pipeline.environments).toMatchObject([
      { state: "stopping", problem: "It did not start in time" },
      { state: "wanted" },
    ]);
    expect(job(pipeline, "a")).toMatchObject({ status: "pending", systemFailures: 1 });
  });

  test("gives up an environment whose runner takes no job", () => {
    const up = happen(pipelineOf(one), 0, look, {
      type: "environment_running",
      environmentId: "p7-e1",
    }).pipeline;
    const { pipeline } = happen(up, 300, look);
    expect(pipeline.environments[0]).toMatchObject({
      state: "stopping",
      problem: "Its runner asked for no job",
    });
    expect(job(pipeline, "a")).toMatchObject({ status: "pending", systemFailures: 1 });
  });

  test("ends a job that waits for an hour and no environment may be started", () => {
    const stuck = happen(pipelineOf(one, { maxEnvironments: 0 }), 0, look).pipeline;
    expect(happen(stuck, 3599, look).pipeline).toBe(stuck);
    expect(job(happen(stuck, 3600, look).pipeline, "a")).toMatchObject({
      status: "failed",
      failureReason: "stuck_or_timeout_failure",
    });
  });

  test("lets a job wait as long as others keep the environments busy", () => {
    const two = plan(["test"], [{ name: "a", timeoutSeconds: 9000 }, { name: "b" }]);
    const pipeline = runningUntil(4000, pipelineOf(two, { maxEnvironments: 1 }));
    expect(job(happen(pipeline, 4001, look).pipeline, "b").status).toBe("pending");
  });

  test("starts a delayed job when it is due", () => {
    const delayed = plan(["test"], [{ name: "a", when: "delayed", startInSeconds: 90 }]);
    const first = happen(pipelineOf(delayed), 0, look);
    expect(first.pipeline.status).toBe("scheduled");
    expect(ofType(first.commands, "look_at")).toEqual([{ type: "look_at", at: at(90) }]);
    expect(happen(first.pipeline, 89, look).pipeline).toBe(first.pipeline);
    const due = happen(first.pipeline, 90, look);
    expect(job(due.pipeline, "a")).toMatchObject({ status: "pending", queuedAt: at(90) });
    expect(due.pipeline.environments).toHaveLength(1);
  });

  test("starts a job that is delayed by nothing at once", () => {
    const delayed = plan(["test"], [{ name: "a", when: "delayed", startInSeconds: 0 }]);
    expect(job(happen(pipelineOf(delayed), 0, look).pipeline, "a").status).toBe("pending");
  });
});

describe("the next look", () => {
  test("always finds something due, until nothing is left to come", () => {
    let pipeline = happen(pipelineOf(one), 0, look).pipeline;
    let now = at(0);
    for (let round = 0; round < 40; round += 1) {
      const due = nextDue(pipeline, now);
      if (due === undefined) break;
      now = new Date(due).toISOString();
      const next = happen(pipeline, (due - Date.parse(at(0))) / 1000, look).pipeline;
      expect(next).not.toBe(pipeline);
      pipeline = next;
    }
    expect(nextDue(pipeline, now)).toBeUndefined();
    expect(job(pipeline, "a")).toMatchObject({
      status: "failed",
      failureReason: "runner_system_failure",
    });
  });

  test("is asked for again only when it comes sooner than was known", () => {
    const pipeline = runningUntil(60);
    expect(ofType(happen(pipeline, 120, contact(pipeline)).commands, "look_at")).toEqual([]);
    const canceled = happen(pipeline, 61, { type: "cancel", by: "ada" });
    expect(ofType(canceled.commands, "look_at")).toEqual([]);
    expect(ofType(happen(canceled.pipeline, 62, look).commands, "look_at")).toEqual([
      { type: "look_at", at: at(360) },
    ]);
  });
});
