import { expect, test } from "vitest";
import { endJobs } from "#pipeline/end-jobs.ts";
import type { Pipeline, PipelineEnvironment } from "#pipeline/pipeline.ts";
import { mostRows } from "#pipeline/retry.ts";
import { at, happen, job, look, pipelineOf, plan } from "./build.ts";

/** What keeps a pipeline with many retries small enough to be stored in one item. */
const one = plan(["test"], [{ name: "a", retry: 2 }]);

function endedEnvironments(count: number, endedAt: (number: number) => number) {
  return Array.from(
    { length: count },
    (_, index): PipelineEnvironment => ({
      id: `p7-e${index + 1}`,
      state: "ended",
      executor: "docker-in-docker",
      privileged: true,
      runnerTags: [],
      capacity: 1,
      wantedAt: at(0),
      endedAt: at(endedAt(index + 1)),
      startFailures: 0,
    }),
  );
}

test("environments that ended long ago are forgotten, the newest hundred are not", () => {
  const environments = endedEnvironments(250, (number) => number);
  const { pipeline } = happen({ ...pipelineOf(one), environments }, 1_000, look);
  expect(pipeline.environments.map(({ id }) => id)).toEqual([
    ...Array.from({ length: 100 }, (_, index) => `p7-e${index + 151}`),
    "p7-e251",
  ]);
});

test("environments that ended a moment ago are kept, however many", () => {
  const environments = endedEnvironments(250, () => 900);
  const { pipeline } = happen({ ...pipelineOf(one), environments }, 1_000, look);
  expect(pipeline.environments).toHaveLength(251);
});

test("the newest environment is never forgotten, so no id is given twice", () => {
  const environments = endedEnvironments(250, (number) => (number === 250 ? 1 : 900));
  const before = happen({ ...tried(1), environments }, 1_000, look).pipeline;
  expect(before.environments.at(-1)?.id).toBe("p7-e250");
  const { pipeline } = happen(before, 1_001, { type: "retry", by: "ada" });
  expect(pipeline.environments.at(-1)?.id).toBe("p7-e251");
});

test("environments that are not gone yet are never forgotten", () => {
  const environments = endedEnvironments(250, () => 1).map((environment, index) =>
    index < 3 ? { ...environment, state: "stopping" as const } : environment,
  );
  const { pipeline } = happen({ ...pipelineOf(one), environments }, 1_000, look);
  expect(pipeline.environments.filter(({ state }) => state === "stopping")).toHaveLength(3);
});

/** A failed job after so many attempts. */
function tried(rows: number): Pipeline {
  const fresh = pipelineOf(one);
  const jobs = Array.from({ length: rows }, (_, index) => ({
    ...job(fresh, "a"),
    id: 700_001 + index,
    status: "failed" as const,
    failureReason: "script_failure" as const,
    retried: index < rows - 1,
  }));
  return { ...fresh, status: "failed", jobs };
}

test.for([
  [mostRows - 1, "pending"],
  [mostRows, "failed"],
] as const)("after %i attempts a person's retry leaves the job %s", ([rows, status]) => {
  const { pipeline } = happen(tried(rows), 10, { type: "retry", by: "ada" });
  expect(job(pipeline, "a").status).toBe(status);
});

test("at the limit of attempts a failure is the last", () => {
  const pending = happen(tried(mostRows - 1), 10, { type: "retry", by: "ada" }).pipeline;
  const { id } = job(pending, "a");
  const taken = happen(
    pending,
    11,
    { type: "job_taken", jobId: id, environmentId: "p7-e1", tokenHash: "h" },
    { type: "job_finished", jobId: id, state: "failed", exitCode: 1 },
  ).pipeline;
  expect(taken.jobs).toHaveLength(mostRows);
  expect(taken.jobs.at(-1)).toMatchObject({ status: "failed", retried: false });
});

test("jobs that fail together stay below the limit of attempts together", () => {
  const full = tried(mostRows - 1);
  const jobs = full.jobs.map((row, index) =>
    index < mostRows - 3 ? row : { ...row, status: "running" as const, retried: false },
  );
  const ending = { state: "failed", exitCode: 1 } as const;
  const endings = new Map(jobs.slice(-2).map(({ id }) => [id, ending]));
  expect(endJobs({ ...full, jobs }, endings, at(11)).jobs).toHaveLength(mostRows);
});

test("the hash of a job's token goes with its end", () => {
  const first = happen(pipelineOf(one), 0, look).pipeline;
  const { id } = job(first, "a");
  const { pipeline } = happen(
    first,
    1,
    { type: "job_taken", jobId: id, environmentId: "p7-e1", tokenHash: "h" },
    { type: "job_finished", jobId: id, state: "success" },
  );
  expect(pipeline.jobs[0]).toMatchObject({ status: "success" });
  expect(pipeline.jobs[0]).not.toHaveProperty("tokenHash");
});
