import { describe, expect, test } from "vitest";
import type { RetryPolicy } from "#language/plan.ts";
import type { FailureReason, Pipeline } from "#pipeline/pipeline.ts";
import { automaticRetry } from "#pipeline/retry.ts";
import {
  at,
  happen,
  type JobSketch,
  job,
  look,
  pipelineOf,
  plan,
  statuses,
  take,
} from "./build.ts";

const none: RetryPolicy = { max: 0, when: [], exitCodes: [] };
const always: RetryPolicy = { max: 2, when: ["always"], exitCodes: [] };

type Row = {
  readonly retry?: RetryPolicy;
  readonly reason: FailureReason;
  readonly exitCode?: number;
  readonly attempt?: number;
  readonly systemFailures?: number;
  readonly verdict: "system" | "policy" | "none";
};

const rows: readonly Row[] = [
  { reason: "script_failure", verdict: "none" },
  { retry: always, reason: "script_failure", verdict: "policy" },
  { retry: always, reason: "script_failure", attempt: 1, verdict: "policy" },
  { retry: always, reason: "script_failure", attempt: 2, verdict: "none" },
  { retry: always, reason: "job_execution_timeout", verdict: "policy" },
  { retry: { ...always, when: ["script_failure"] }, reason: "script_failure", verdict: "policy" },
  { retry: { ...always, when: ["script_failure"] }, reason: "api_failure", verdict: "none" },
  {
    retry: { ...always, when: ["api_failure", "job_execution_timeout"] },
    reason: "job_execution_timeout",
    verdict: "policy",
  },
  // Only exit codes given: nothing else is retried.
  {
    retry: { max: 2, when: [], exitCodes: [137] },
    reason: "script_failure",
    exitCode: 137,
    verdict: "policy",
  },
  {
    retry: { max: 2, when: [], exitCodes: [137] },
    reason: "script_failure",
    exitCode: 1,
    verdict: "none",
  },
  {
    retry: { max: 2, when: [], exitCodes: [137] },
    reason: "job_execution_timeout",
    verdict: "none",
  },
  // Either is enough.
  {
    retry: { max: 1, when: ["api_failure"], exitCodes: [3] },
    reason: "script_failure",
    exitCode: 3,
    verdict: "policy",
  },
  // Never, whatever the keyword says.
  { retry: always, reason: "no_matching_runner", verdict: "none" },
  { retry: always, reason: "missing_dependency_failure", verdict: "none" },
  { retry: always, reason: "forward_deployment_failure", verdict: "none" },
  // Two by default.
  { reason: "scheduler_failure", attempt: 1, verdict: "policy" },
  { reason: "scheduler_failure", attempt: 2, verdict: "none" },
  { retry: { ...always, max: 1 }, reason: "scheduler_failure", attempt: 1, verdict: "none" },
  // The system's own fault, even without the keyword.
  { reason: "runner_system_failure", verdict: "system" },
  { reason: "runner_system_failure", systemFailures: 1, verdict: "system" },
  { reason: "runner_system_failure", systemFailures: 2, verdict: "none" },
  { retry: always, reason: "runner_system_failure", systemFailures: 2, verdict: "none" },
  { retry: always, reason: "runner_system_failure", attempt: 2, verdict: "system" },
];

describe("automatic retry", () => {
  test.for(rows)(
    "after $reason, exit code $exitCode, attempt $attempt, retry $retry: $verdict",
    (row) => {
      const failed = {
        ...job(pipelineOf(plan(["test"], [{ name: "a", retry: row.retry ?? none }])), "a"),
        status: "failed" as const,
        failureReason: row.reason,
        attempt: row.attempt ?? 0,
        systemFailures: row.systemFailures ?? 0,
        ...(row.exitCode !== undefined && { exitCode: row.exitCode }),
      };
      expect(automaticRetry(failed, 1)).toBe(row.verdict);
    },
  );
});

/** Takes a job in its first own environment and ends it. */
function fail(pipeline: Pipeline, name: string, seconds: number, exitCode = 1): Pipeline {
  const environment = pipeline.environments.findLast(({ state }) => state !== "ended");
  const taken = happen(pipeline, seconds, take(name, environment?.id ?? "", pipeline)).pipeline;
  const { id } = job(taken, name);
  return happen(taken, seconds, { type: "job_finished", jobId: id, state: "failed", exitCode })
    .pipeline;
}

function started(...jobs: readonly JobSketch[]): Pipeline {
  const stages = [...new Set(jobs.map(({ stage }) => stage ?? "test"))];
  return happen(pipelineOf(plan(stages, jobs)), 0, look).pipeline;
}

describe("a further attempt", () => {
  test("is a new row; the old one keeps its end and counts no more", () => {
    const pipeline = fail(started({ name: "a", retry: 1 }), "a", 5);
    expect(pipeline.jobs).toMatchObject([
      { id: 700_001, status: "failed", retried: true, attempt: 0, exitCode: 1, finishedAt: at(5) },
      { id: 700_002, status: "pending", retried: false, attempt: 1, planIndex: 0 },
    ]);
    const fresh = job(pipeline, "a");
    expect(fresh).not.toHaveProperty("exitCode");
    expect(fresh).not.toHaveProperty("environmentId");
    expect(fresh).not.toHaveProperty("tokenHash");
  });

  test("does not count against the script when the system was at fault", () => {
    const first = started({ name: "a", retry: 1 });
    const taken = happen(first, 1, take("a", "p7-e1", first)).pipeline;
    const lost = happen(taken, 2, {
      type: "job_finished",
      jobId: job(taken, "a").id,
      state: "failed",
      failureReason: "runner_system_failure",
    }).pipeline;
    expect(job(lost, "a")).toMatchObject({ attempt: 0, systemFailures: 1 });
    const again = fail(lost, "a", 3);
    expect(job(again, "a")).toMatchObject({ status: "pending", attempt: 1, systemFailures: 1 });
    expect(job(fail(again, "a", 4), "a")).toMatchObject({ status: "failed", attempt: 1 });
  });

  test("asked for by a person forgives the system's failures and is one of the script's attempts", () => {
    const failed = fail(fail(started({ name: "a", retry: 1 }), "a", 1), "a", 2);
    const { pipeline } = happen(failed, 3, {
      type: "retry",
      jobIds: [job(failed, "a").id],
      by: "ada",
    });
    expect(job(pipeline, "a")).toMatchObject({ status: "pending", attempt: 2, systemFailures: 0 });
    expect(job(fail(pipeline, "a", 4), "a").status).toBe("failed");
  });

  test("asked for twice is given once", () => {
    const failed = fail(started({ name: "a" }), "a", 1);
    const retry = { type: "retry", jobIds: [job(failed, "a").id], by: "ada" } as const;
    const once = happen(failed, 2, retry).pipeline;
    expect(happen(once, 2, retry).pipeline).toBe(once);
  });

  test("of a running or skipped job is refused", () => {
    const first = started({ name: "a", stage: "test" }, { name: "b", stage: "deploy" });
    const { id } = job(first, "a");
    expect(happen(first, 1, { type: "retry", jobIds: [id], by: "ada" }).pipeline).toBe(first);
    const failed = fail(first, "a", 1);
    const skipped = job(failed, "b").id;
    expect(happen(failed, 2, { type: "retry", jobIds: [skipped], by: "ada" }).pipeline).toBe(
      failed,
    );
  });

  test("opens a finished pipeline again", () => {
    const failed = fail(started({ name: "a" }), "a", 1);
    expect(failed).toMatchObject({ status: "failed", finishedAt: at(1) });
    const { pipeline } = happen(failed, 5, { type: "retry", by: "ada" });
    expect(pipeline.status).toBe("running");
    expect(pipeline.finishedAt).toBeUndefined();
    expect(pipeline.startedAt).toBe(at(1));
  });

  test("of a canceled pipeline says no longer who canceled it", () => {
    const canceled = happen(started({ name: "a" }), 1, { type: "cancel", by: "ada" }).pipeline;
    expect(canceled.canceledBy).toBe("ada");
    const { pipeline } = happen(canceled, 2, { type: "retry", by: "bob" });
    expect(pipeline.canceledBy).toBeUndefined();
    expect(statuses(pipeline)).toEqual({ a: "pending" });
  });

  test("keeps the variables with which a manual job was played", () => {
    const first = started({ name: "a", when: "manual", retry: 1 });
    const variables = [{ key: "TO", value: "production" }];
    const played = happen(first, 1, {
      type: "play",
      jobIds: [job(first, "a").id],
      by: "ada",
      variables,
    }).pipeline;
    const again = fail(played, "a", 2);
    expect(job(again, "a")).toMatchObject({
      status: "pending",
      playedBy: { login: "ada", variables },
    });
  });
});

describe("allow_failure:exit_codes", () => {
  const sketch = { name: "a", allowFailureExitCodes: [42], retry: 0 };

  test("lets a listed exit code pass with a warning", () => {
    const pipeline = fail(started(sketch), "a", 1, 42);
    expect(job(pipeline, "a")).toMatchObject({ status: "failed", allowFailure: true });
    expect(pipeline.status).toBe("success");
  });

  test("fails the pipeline on any other", () => {
    expect(fail(started(sketch), "a", 1, 1).status).toBe("failed");
  });

  test("is judged anew for each attempt", () => {
    const warned = fail(started(sketch), "a", 1, 42);
    const again = happen(warned, 2, { type: "retry", by: "ada" }).pipeline;
    expect(job(again, "a").allowFailure).toBe(false);
    expect(fail(again, "a", 3, 1).status).toBe("failed");
  });
});
