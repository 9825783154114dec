import { describe, expect, test } from "vitest";
import type { PipelineEvent } from "#pipeline/event.ts";
import { billedMinutes, environmentUsage, jobStart } from "#pipeline/usage.ts";
import { usageAsIf } from "#pipeline/usage-as-if.ts";
import { at, happen, look, pipelineOf, plan, type Step } from "./build.ts";

const stages = ["build", "test"];
const sketches = [
  { name: "a", stage: "build" },
  { name: "b" },
  { name: "c", needs: [] as string[] },
];
const first = 700_001;

function ran(pipeline: Step["pipeline"], job: number, from: number, to: number) {
  const environmentId = `p7-e${job - first + 1}`;
  const taken = happen(pipeline, from, {
    type: "job_taken",
    jobId: job,
    environmentId,
    tokenHash: "t",
  });
  return happen(taken.pipeline, to, { type: "job_finished", jobId: job, state: "success" });
}

const started = (id: string): PipelineEvent => ({
  type: "environment_started",
  environmentId: id,
  handle: `build:${id}`,
  compute: "medium",
});
const waits = (id: string): PipelineEvent => ({ type: "environment_waits", environmentId: id });
const ended = (id: string): PipelineEvent => ({ type: "environment_ended", environmentId: id });

/** One job that stood in line for 100 s and whose machine took 40 s to be up; it worked for 61 s. */
function oneJob() {
  const planned = pipelineOf(plan(["build"], [{ name: "a", stage: "build" }]));
  const inLine = happen(planned, 0, look, waits("p7-e1")).pipeline;
  const up = happen(inLine, 100, started("p7-e1")).pipeline;
  const running = happen(up, 140, { type: "environment_running", environmentId: "p7-e1" }).pipeline;
  return happen(ran(running, first, 140, 201).pipeline, 206, ended("p7-e1")).pipeline;
}

describe("what an environment took", () => {
  test("is told from the time before it had a place", () => {
    expect(environmentUsage(oneJob(), at(9999))).toEqual([
      {
        id: "p7-e1",
        executor: "docker-in-docker",
        compute: "medium",
        jobs: 1,
        seconds: 106,
        minutes: 2,
        waitedSeconds: 100,
        provisioningSeconds: 40,
      },
    ]);
  });

  test("counts until now while it runs, and not at all while it waits", () => {
    const planned = pipelineOf(plan(["build"], [{ name: "a", stage: "build" }]));
    const inLine = happen(planned, 0, look, waits("p7-e1")).pipeline;
    expect(environmentUsage(inLine, at(500))).toEqual([]);
    const up = happen(inLine, 600, started("p7-e1")).pipeline;
    expect(environmentUsage(up, at(661))).toMatchObject([{ seconds: 61, minutes: 2 }]);
  });

  test.for([
    [0, 1],
    [1, 1],
    [60, 1],
    [60.1, 2],
    [3600, 60],
  ] as const)("is billed: %d s as %d min", ([seconds, minutes]) => {
    expect(billedMinutes(seconds)).toBe(minutes);
  });
});

describe("the start of a job", () => {
  test("is its time in line and the time until its machine was up", () => {
    const pipeline = oneJob();
    const [job] = pipeline.jobs;
    expect(job && jobStart(pipeline, job)).toEqual({ waitedSeconds: 100, provisioningSeconds: 40 });
  });

  test("took nothing where a warm environment took the job", () => {
    const jobs = [{ name: "a", stage: "build" }, { name: "b" }];
    const planned = pipelineOf(plan(stages, jobs), { executor: "docker-socket" });
    const up = happen(planned, 0, look, started("p7-e1"), {
      type: "environment_running",
      environmentId: "p7-e1",
    }).pipeline;
    const a = happen(
      up,
      30,
      { type: "job_taken", jobId: first, environmentId: "p7-e1", tokenHash: "t" },
      { type: "job_finished", jobId: first, state: "success" },
    ).pipeline;
    const b = happen(a, 31, {
      type: "job_taken",
      jobId: first + 1,
      environmentId: "p7-e1",
      tokenHash: "u",
    }).pipeline;
    const [, second] = b.jobs;
    expect(second && jobStart(b, second)).toEqual({ waitedSeconds: 0, provisioningSeconds: 0 });
  });

  test("is not known before it was given to a runner", () => {
    const pipeline = happen(pipelineOf(plan(stages, sketches)), 0, look).pipeline;
    expect(pipeline.jobs.map((job) => jobStart(pipeline, job))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("the same jobs with another executor", () => {
  const overhead = { provisioningSeconds: 30, leavingSeconds: 5 };

  /** `a` and `c` side by side for 50 s and 20 s, then `b` for 90 s. */
  function threeJobs() {
    let { pipeline } = happen(pipelineOf(plan(stages, sketches)), 0, look);
    pipeline = ran(pipeline, first, 100, 150).pipeline;
    const c = pipeline.jobs.find(({ name }) => name === "c")?.id ?? 0;
    pipeline = ran(pipeline, c, 300, 320).pipeline;
    const b = pipeline.jobs.find(({ name }) => name === "b")?.id ?? 0;
    return ran(pipeline, b, 400, 490).pipeline;
  }

  test("takes a machine for each, or one that takes them one after the other", () => {
    expect(usageAsIf(threeJobs(), overhead, at(9999))).toEqual([
      // 50, 20 and 90 s, each with 35 s around it.
      { executor: "docker-in-docker", environments: 3, minutes: 2 + 1 + 3 },
      // 160 s in one, with 35 s around them.
      { executor: "docker-socket", environments: 1, minutes: 4 },
      { executor: "shell", environments: 3, minutes: 2 + 1 + 3 },
    ]);
  });

  test("takes nothing where no job ran", () => {
    const pipeline = happen(pipelineOf(plan(stages, sketches)), 0, look).pipeline;
    for (const { environments, minutes } of usageAsIf(pipeline, overhead, at(100))) {
      expect({ environments, minutes }).toEqual({ environments: 0, minutes: 0 });
    }
  });
});
