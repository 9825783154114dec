import { describe, expect, test } from "vitest";
import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { Status } from "#pipeline/status.ts";
import { transition } from "#pipeline/transition.ts";
import { at, happen, job, look, ofType, pipelineOf, plan, statuses } from "./build.ts";

/** A trigger job and one that comes after it, the first already looked at. */
function parent(strategy?: "depend" | "mirror"): Pipeline {
  const trigger = {
    include: [{ local: "child.yml" }],
    forwardYamlVariables: true,
    forwardPipelineVariables: false,
    ...(strategy && { strategy }),
  };
  const jobs = [
    { name: "start", stage: "build", trigger },
    { name: "after", stage: "test" },
  ];
  return happen(pipelineOf(plan(["build", "test"], jobs)), 0, look).pipeline;
}

const created: PipelineEvent = { type: "child_created", jobId: 700_001, childPipelineId: 8 };

function child(status: Status): PipelineEvent {
  return { type: "child_changed", jobId: 700_001, childPipelineId: 8, status };
}

describe("a trigger job", () => {
  test("asks for its child, wants no environment and is no runner's", () => {
    const { pipeline, commands } = happen(parent(), 1, look);
    expect(ofType(commands, "create_child")).toEqual([{ type: "create_child", jobId: 700_001 }]);
    expect(pipeline.environments).toEqual([]);
    const take = { type: "job_taken", jobId: 700_001, environmentId: "x", tokenHash: "h" } as const;
    expect(transition(pipeline, take, at(2)).pipeline).toBe(pipeline);
  });

  test("has succeeded with its child's making, whatever becomes of the child", () => {
    const { pipeline } = happen(parent(), 1, created, child("failed"));
    expect(statuses(pipeline)).toEqual({ start: "success", after: "pending" });
  });

  /** GitLab Docs, `trigger:strategy`: what the job is for each status of the child. */
  test.for([
    ["created", "running", "pending"],
    ["waiting_for_resource", "running", "pending"],
    ["pending", "running", "pending"],
    ["running", "running", "running"],
    ["manual", "running", "manual"],
    ["scheduled", "running", "scheduled"],
    ["canceling", "running", "canceling"],
    ["success", "success", "success"],
    ["failed", "failed", "failed"],
    ["canceled", "failed", "canceled"],
    ["skipped", "failed", "skipped"],
  ] as const)(
    "whose child is %s is %s with depend and %s with mirror",
    ([status, depend, mirror]) => {
      for (const [strategy, expected] of [
        ["depend", depend],
        ["mirror", mirror],
      ] as const) {
        const { pipeline } = happen(parent(strategy), 1, created, child(status));
        expect(job(pipeline, "start").status).toBe(expected);
        expect(transition(pipeline, child(status), at(2)).pipeline).toBe(pipeline);
      }
    },
  );

  test("says in its message how the child ended", () => {
    const { pipeline } = happen(parent("depend"), 1, created, child("canceled"));
    expect(job(pipeline, "start")).toMatchObject({
      failureReason: "unknown_failure",
      failureMessage: "The child pipeline 8 ended canceled.",
    });
    expect(statuses(pipeline)).toMatchObject({ after: "skipped" });
  });

  test("goes on with a child that is taken up again, and so do its dependants", () => {
    const failed = happen(parent("depend"), 1, created, child("failed")).pipeline;
    const again = happen(failed, 2, child("running")).pipeline;
    expect(statuses(again)).toEqual({ start: "running", after: "created" });
    expect(job(again, "start")).not.toHaveProperty("failureMessage");
    expect(again).not.toHaveProperty("finishedAt");
    expect(statuses(happen(again, 3, child("success")).pipeline)).toEqual({
      start: "success",
      after: "pending",
    });
  });

  test("hears nothing of another child", () => {
    const { pipeline } = happen(parent("depend"), 1, created);
    const other = { ...child("failed"), childPipelineId: 9 } as PipelineEvent;
    expect(transition(pipeline, other, at(2)).pipeline).toBe(pipeline);
  });

  test("waits for its child as long as that takes", () => {
    const { pipeline, commands } = happen(parent("depend"), 1, created, child("running"));
    const later = happen(pipeline, 90_000, look);
    expect(job(later.pipeline, "start").status).toBe("running");
    expect(ofType(later.commands, "check_child")).toHaveLength(1);
    expect(ofType(commands, "look_at")).toEqual([]);
  });

  test("that is canceled cancels its child and is canceled when that is gone", () => {
    const running = happen(parent("depend"), 1, created, child("running")).pipeline;
    const { pipeline, commands } = happen(running, 2, { type: "cancel", by: "ada" });
    expect(job(pipeline, "start").status).toBe("canceling");
    expect(ofType(commands, "cancel_child")).toEqual([
      { type: "cancel_child", childPipelineId: 8 },
    ]);
    expect(job(happen(pipeline, 3, child("running")).pipeline, "start").status).toBe("canceling");
    const gone = happen(pipeline, 3, child("canceled")).pipeline;
    expect(job(gone, "start").status).toBe("canceled");
    expect(transition(gone, child("canceled"), at(4)).pipeline).toBe(gone);
    expect(transition(gone, child("canceling"), at(4)).pipeline).toBe(gone);
  });

  test.for(["depend", "mirror"] as const)(
    "with %s that is canceled does not wait for the manual jobs of its child",
    (strategy) => {
      const running = happen(parent(strategy), 1, created, child("running")).pipeline;
      const canceling = happen(running, 2, { type: "cancel", by: "ada" }).pipeline;
      const left = happen(canceling, 3, child("manual")).pipeline;
      expect(job(left, "start").status).toBe("canceled");
      expect(transition(left, child("manual"), at(4)).pipeline).toBe(left);
    },
  );

  test("that was canceled while its child was made has the child canceled", () => {
    const canceled = happen(parent("depend"), 1, { type: "cancel", by: "ada" }).pipeline;
    const { pipeline, commands } = happen(canceled, 2, created);
    expect(job(pipeline, "start").status).toBe("canceled");
    expect(ofType(commands, "cancel_child")).toHaveLength(1);
    const byHand = happen(pipeline, 3, child("running"));
    expect(ofType(byHand.commands, "cancel_child")).toEqual([]);
  });

  test("in a resource group waits for its turn and gives it up with the child's end", () => {
    const trigger = {
      include: ["child.yml"],
      strategy: "depend" as const,
      forwardYamlVariables: true,
      forwardPipelineVariables: false,
    };
    const planned = plan(
      ["build"],
      [{ name: "start", stage: "build", trigger, resourceGroup: "live" }],
    );
    const waiting = happen(pipelineOf(planned), 0, look);
    expect(ofType(waiting.commands, "create_child")).toEqual([]);
    const turn = happen(waiting.pipeline, 1, { type: "resource_acquired", jobId: 700_001 });
    expect(ofType(turn.commands, "create_child")).toHaveLength(1);
    const ended = happen(turn.pipeline, 2, created, child("running"), child("success"));
    expect(ofType(ended.commands, "release_resource")).toHaveLength(1);
  });

  test("that nobody can make a child for fails for the reason that is given", () => {
    const { pipeline } = happen(parent(), 1, {
      type: "child_refused",
      jobId: 700_001,
      failureReason: "downstream_pipeline_creation_failed",
      message: "There is no child.yml.",
    });
    expect(job(pipeline, "start")).toMatchObject({
      status: "failed",
      failureReason: "downstream_pipeline_creation_failed",
      failureMessage: "There is no child.yml.",
    });
  });

  test("holds no auto-cancel up, although it may not be interrupted itself", () => {
    const running = happen(parent("depend"), 1, created, child("running")).pipeline;
    const { pipeline } = happen(running, 2, { type: "superseded", byPipelineId: 12 });
    expect(statuses(pipeline)).toEqual({ start: "canceling", after: "canceled" });
  });
});

describe("a child pipeline", () => {
  const own = {
    ...pipelineOf(plan(["test"], [{ name: "a" }])),
    parent: { pipelineId: 3, jobId: 300_001 },
  };

  test("tells its parent of each change, posts no status and is superseded by nothing", () => {
    const first = happen(own, 0, look);
    expect(ofType(first.commands, "tell_parent")).toEqual([
      { type: "tell_parent", pipelineId: 3, jobId: 300_001 },
    ]);
    expect(ofType(first.commands, "post_status")).toEqual([]);
    const superseded = { type: "superseded", byPipelineId: 12 } as const;
    expect(transition(first.pipeline, superseded, at(1)).pipeline).toBe(first.pipeline);
    const canceled = happen(first.pipeline, 2, { type: "cancel", by: "ada" });
    expect(ofType(canceled.commands, "tell_parent")).toHaveLength(1);
  });
});
