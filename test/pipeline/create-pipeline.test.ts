import { describe, expect, test } from "vitest";
import { createPipeline } from "#pipeline/create-pipeline.ts";
import type { PipelineEvent } from "#pipeline/event.ts";
import { currentJobs, findJob, pipelineIdOfJob } from "#pipeline/jobs.ts";
import { simulate } from "#pipeline/simulate.ts";
import { deriveView } from "#pipeline/view.ts";
import { facts, happen, job, look, pipelineOf, plan, settings, start, take } from "./build.ts";

const base = {
  id: 12,
  iid: 3,
  forge: "local",
  project: "group/app",
  facts,
  settings,
  variables: [],
};

describe("a new pipeline", () => {
  const pipeline = createPipeline(
    {
      ...base,
      parent: { pipelineId: 4, jobId: 400_001 },
      plan: {
        ...plan(
          ["build", "test"],
          [
            { name: "a", stage: "build", timeoutSeconds: 60, resourceGroup: "r" },
            { name: "b", needs: ["a"], when: "delayed", startInSeconds: 5, runnerTags: ["x"] },
          ],
        ),
        name: "Nightly",
      },
    },
    start,
  );

  test("has one created row per planned job, numbered from the pipeline's id", () => {
    expect(pipeline.jobs).toMatchObject([
      { id: 1_200_001, name: "a", status: "created", timeoutSeconds: 60, resourceGroup: "r" },
      {
        id: 1_200_002,
        name: "b",
        status: "created",
        planIndex: 1,
        timeoutSeconds: 3600,
        startInSeconds: 5,
        runnerTags: ["x"],
        needs: [{ job: "a" }],
      },
    ]);
  });

  test("waits for the first look", () => {
    expect(pipeline).toMatchObject({
      status: "created",
      createdAt: start,
      name: "Nightly",
      parent: { pipelineId: 4, jobId: 400_001 },
      environments: [],
      reported: [],
    });
    expect(happen(pipeline, 0, look).pipeline.status).toBe("waiting_for_resource");
  });

  test.for(["failed", "skipped"] as const)("without a plan is %s and stays so", (status) => {
    const empty = createPipeline({ ...base, status, diagnostics: [] }, start);
    expect(empty).toMatchObject({ status, jobs: [], stages: [], finishedAt: start });
    for (const event of [
      look,
      { type: "retry", by: "ada" },
      { type: "cancel", by: "ada" },
      { type: "superseded", byPipelineId: 13 },
    ] as const satisfies readonly PipelineEvent[]) {
      expect(happen(empty, 9, event).pipeline).toBe(empty);
    }
  });
});

describe("a job", () => {
  const pipeline = pipelineOf(plan(["test"], [{ name: "a" }]));

  test("is found by its id, in its own pipeline only", () => {
    expect(findJob(pipeline, 700_001)?.name).toBe("a");
    for (const id of [700_000, 700_002, 800_001, 600_001]) {
      expect(findJob(pipeline, id)).toBeUndefined();
    }
    expect(pipelineIdOfJob(700_001)).toBe(7);
  });

  test("keeps what its runner said of coverage and variables", () => {
    const ready = happen(pipeline, 0, look).pipeline;
    const taken = happen(ready, 1, take("a", "p7-e1", ready)).pipeline;
    const dotenv = [{ key: "URL", value: "http://x.test" }];
    const done = happen(
      taken,
      2,
      {
        type: "artifacts_uploaded",
        jobId: 700_001,
        artifact: { type: "dotenv", format: "gzip", filename: ".env.gz", sizeBytes: 40 },
        dotenv,
      },
      { type: "job_finished", jobId: 700_001, state: "success", exitCode: 0, coverage: 87.5 },
    ).pipeline;
    expect(job(done, "a")).toMatchObject({
      status: "success",
      coverage: 87.5,
      dotenv,
      exitCode: 0,
    });
  });

  test("that nobody took cannot be finished", () => {
    const ready = happen(pipeline, 0, look).pipeline;
    const claim = { type: "job_finished", jobId: 700_001, state: "success" } as const;
    expect(happen(ready, 1, claim).pipeline).toBe(ready);
  });

  test("fails for an unknown reason when no reason and no exit code is given", () => {
    const ready = happen(pipeline, 0, look).pipeline;
    const taken = happen(ready, 1, take("a", "p7-e1", ready)).pipeline;
    const failed = { type: "job_finished", jobId: 700_001, state: "failed" } as const;
    expect(job(happen(taken, 2, failed).pipeline, "a").failureReason).toBe("unknown_failure");
    expect(job(happen(taken, 2, { ...failed, exitCode: 2 }).pipeline, "a")).toMatchObject({
      failureReason: "script_failure",
      exitCode: 2,
    });
  });
});

describe("the view", () => {
  test("shows stages in order, each job's last attempt in the plan's order, and the earlier ones", () => {
    const two = plan(
      ["build", "test"],
      [{ name: "a", stage: "build", retry: 1 }, { name: "b", stage: "build" }, { name: "c" }],
    );
    const ready = happen(pipelineOf(two), 0, look).pipeline;
    const taken = happen(ready, 1, take("a", "p7-e1", ready)).pipeline;
    const failed = happen(taken, 2, { type: "job_finished", jobId: 700_001, state: "failed" });
    const [build, tests] = deriveView(failed.pipeline);
    expect(build).toMatchObject({ name: "build", status: "pending" });
    expect(build?.jobs.map((view) => [view.job.name, view.earlier.length])).toEqual([
      ["a", 1],
      ["b", 0],
    ]);
    expect(tests).toMatchObject({ name: "test", status: "created" });
    expect(currentJobs(failed.pipeline).map(({ name }) => name)).toEqual(["b", "c", "a"]);
  });
});

describe("simulating", () => {
  test("a thousand jobs in a chain gives the state after every event", () => {
    const names = Array.from({ length: 1000 }, (_, index) => `j${index}`);
    const jobs = names.map((name, index) => ({
      name,
      needs: index === 0 ? [] : [`j${index - 1}`],
    }));
    const chain = pipelineOf(plan(["test"], jobs.toReversed()));
    const states = simulate(chain, [{ event: "success" }, { event: "drop", jobs: ["j1"] }], start);
    expect(states.map(({ pipeline }) => pipeline)).toEqual(["pending", "running", "failed"]);
    expect(states.at(-1)?.jobs).toMatchObject({ j0: "success", j1: "failed", j999: "skipped" });
  });
});
