import { describe, expect, test } from "vitest";
import type { Diagnostic } from "#language/diagnostic.ts";
import { createPipeline } from "#pipeline/create-pipeline.ts";
import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { reportOf } from "#pipeline/report.ts";
import { simulate } from "#pipeline/simulate.ts";
import {
  facts,
  happen,
  job,
  look,
  ofType,
  pipelineOf,
  plan,
  settings,
  start,
  take,
  toldBy,
} from "./build.ts";

function diagnostic(message: string, changes: Partial<Diagnostic> = {}): Diagnostic {
  return { severity: "error", code: "c", message, path: "", file: ".gitlab-ci.yml", ...changes };
}

function without(status: "failed" | "skipped", ...diagnostics: readonly Diagnostic[]): Pipeline {
  const rest = { forge: "local", project: "group/app", facts, settings, variables: [] };
  return createPipeline({ id: 7, iid: 3, ...rest, status, diagnostics }, start);
}

type Finished = Extract<PipelineEvent, { type: "job_finished" }>;

function finish(name: string, from: Pipeline, end: Partial<Finished> = {}): Finished {
  return { type: "job_finished", jobId: job(from, name).id, state: "success", ...end };
}

/** Runs the first job of a pipeline to its end. */
function after(pipeline: Pipeline, name: string, seconds: number, end: Partial<Finished> = {}) {
  const ready = happen(pipeline, 0, look).pipeline;
  const { id } = ready.environments.at(-1) ?? { id: "" };
  const taken = happen(ready, 1, take(name, id, ready)).pipeline;
  return happen(taken, seconds, finish(name, taken, end)).pipeline;
}

const a = { name: "a" };
const failure = { state: "failed", exitCode: 3, failureReason: "script_failure" } as const;

const rows: readonly (readonly [string, Pipeline, string])[] = [
  ["created", pipelineOf(plan(["test"], [a])), "pending: Waiting for a runner"],
  [
    "ready",
    happen(pipelineOf(plan(["test"], [a])), 0, look).pipeline,
    "pending: Waiting for a runner",
  ],
  ["passed", after(pipelineOf(plan(["test"], [a])), "a", 201), "success: Passed in 3 min 20 s"],
  [
    "passed after hours",
    after(pipelineOf(plan(["test"], [a])), "a", 300),
    "success: Passed in 4 min 59 s",
  ],
  [
    "warned",
    after(pipelineOf(plan(["test"], [{ ...a, allowFailure: true }])), "a", 11, failure),
    "success: Passed in 10 s, with warnings: a failed (script_failure, exit code 3)",
  ],
  [
    "failed",
    after(pipelineOf(plan(["test"], [a])), "a", 11, failure),
    "failed: a failed (script_failure, exit code 3) after 10 s",
  ],
  [
    "failing",
    after(pipelineOf(plan(["test"], [{ name: "b" }, a])), "a", 11, failure),
    "running: Running; a failed (script_failure, exit code 3)",
  ],
  [
    "going on",
    after(pipelineOf(plan(["test", "deploy"], [a, { name: "d", stage: "deploy" }])), "a", 11),
    "running: Running deploy",
  ],
  [
    "waiting for a person before anything ran",
    happen(pipelineOf(plan(["test"], [{ ...a, when: "manual", allowFailure: false }])), 0, look)
      .pipeline,
    "pending: Waiting for manual job a",
  ],
  [
    "waiting for a person",
    after(
      pipelineOf(
        plan(
          ["test", "deploy"],
          [a, { name: "d", stage: "deploy", when: "manual", allowFailure: false }],
        ),
      ),
      "a",
      11,
    ),
    "running: Waiting for manual job d",
  ],
  [
    "delayed",
    happen(pipelineOf(plan(["test"], [{ ...a, when: "delayed", startInSeconds: 60 }])), 0, look)
      .pipeline,
    "pending: Waiting until 2026-01-02T03:05:05.000Z for delayed job a",
  ],
  [
    "waiting for its turn",
    happen(pipelineOf(plan(["test"], [{ ...a, resourceGroup: "production" }])), 0, look).pipeline,
    "pending: Waiting for resource group production: a",
  ],
  [
    "canceled",
    happen(pipelineOf(plan(["test"], [a])), 0, look, { type: "cancel", by: "ada" }).pipeline,
    "canceled: Canceled by ada",
  ],
  [
    "skipped whole",
    happen(pipelineOf(plan(["test"], [{ ...a, when: "on_failure" }])), 0, look).pipeline,
    "skipped: Skipped: no job had to run",
  ],
  ["skipped by its author", without("skipped"), "skipped: Skipped"],
  [
    "skipped with a word",
    without("skipped", diagnostic("The commit message says [skip ci]", { severity: "warning" })),
    "skipped: The commit message says [skip ci]",
  ],
  [
    "invalid",
    without(
      "failed",
      diagnostic("deprecated", { severity: "warning" }),
      diagnostic("unknown key `scirpt`", { line: 4, column: 3 }),
    ),
    "failed: .gitlab-ci.yml:4:3: unknown key `scirpt`",
  ],
  ["invalid as a whole", without("failed", diagnostic("no jobs", { file: "" })), "failed: no jobs"],
];

describe("the commit status", () => {
  test.for(rows)("of a pipeline that is %s", ([, pipeline, said]) => {
    const { context, state, description } = reportOf(pipeline);
    expect(`${state}: ${description}`).toBe(said);
    expect(context).toBe("slipway");
  });

  test("is never longer than a forge takes, and one line", () => {
    const long = without("failed", diagnostic(`first\nsecond ${"word ".repeat(60)}`));
    const { description } = reportOf(long);
    expect([...description]).toHaveLength(140);
    expect(description).toMatch(/^\.gitlab-ci\.yml: first second word .*…$/u);
  });

  test("names a job with a long name, and how many more", () => {
    const jobs = Array.from({ length: 3 }, (_, index) => ({ name: `${"x".repeat(200)}${index}` }));
    const last = simulate(pipelineOf(plan(["test"], jobs)), [{ event: "drop" }], start).at(-1);
    expect(last?.pipeline).toBe("failed");
    const failed = jobs.reduce(
      (pipeline, sketch) => {
        const environment = pipeline.environments.find(({ state }) => state === "wanted");
        const taken = happen(
          pipeline,
          1,
          take(sketch.name, environment?.id ?? "", pipeline),
        ).pipeline;
        return happen(taken, 2, finish(sketch.name, taken, failure)).pipeline;
      },
      happen(pipelineOf(plan(["test"], jobs)), 0, look).pipeline,
    );
    const { description } = reportOf(failed);
    expect(description).toMatch(
      /^x{59}… failed \(script_failure, exit code 3\) and 2 more after 1 s$/u,
    );
  });
});

describe("a status is posted", () => {
  const first = happen(pipelineOf(plan(["test"], [a])), 0, look);
  const post = { context: "slipway", state: "pending", description: "Waiting for a runner" };

  function posted(pipeline: Pipeline, changes: object = {}): Pipeline {
    return happen(pipeline, 1, { ...reportOf(pipeline), ...changes, type: "status_posted" })
      .pipeline;
  }

  test("with what there is to say, on every look until the forge was told", () => {
    expect(toldBy(first)).toEqual([post]);
    expect(toldBy(happen(first.pipeline, 60, look))).toEqual([post]);
    const told = posted(first.pipeline);
    expect(ofType(happen(told, 60, look).commands, "post_status")).toEqual([]);
  });

  test("for a pipeline without jobs too", () => {
    const step = happen(without("failed", diagnostic("no")), 0, look);
    expect(step.commands).toEqual([{ type: "post_status" }]);
    expect(toldBy(step)).toEqual([
      { context: "slipway", state: "failed", description: ".gitlab-ci.yml: no" },
    ]);
  });

  test("once for one change, not for every event", () => {
    const told = posted(first.pipeline);
    const taken = happen(told, 2, take("a", "p7-e1", told));
    expect(toldBy(taken)).toMatchObject([{ state: "running" }]);
    const contact = { type: "job_contact", jobId: job(told, "a").id } as const;
    expect(ofType(happen(taken.pipeline, 60, contact).commands, "post_status")).toEqual([]);
  });

  test("and remembered with the forge's own id, which later posts keep", () => {
    const told = posted(first.pipeline, { forgePipelineId: 99 });
    expect(told.reported).toMatchObject([{ state: "pending", forgePipelineId: 99 }]);
    expect(posted(told)).toBe(told);
    expect(posted(told, { state: "running" }).reported).toMatchObject([
      { state: "running", forgePipelineId: 99 },
    ]);
  });

  test("never back to pending: what is taken up again runs", () => {
    const failed = after(pipelineOf(plan(["test"], [a])), "a", 5, failure);
    const again = happen(posted(failed), 9, { type: "retry", by: "ada" });
    expect(toldBy(again)).toMatchObject([{ state: "running", description: "Running test" }]);
    const skipped = happen(
      pipelineOf(plan(["test"], [{ ...a, when: "manual" }])),
      0,
      look,
    ).pipeline;
    const play = { type: "play", jobIds: [job(skipped, "a").id], by: "ada" } as const;
    expect(reportOf(happen(posted(skipped), 9, play).pipeline)).toMatchObject({ state: "running" });
  });
});
