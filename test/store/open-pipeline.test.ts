import { expect, test } from "vitest";
import type { CommitState, Pipeline, PipelineEnvironment } from "#pipeline/pipeline.ts";
import type { Status } from "#pipeline/status.ts";
import { hasUnfinishedBusiness } from "#store/open-pipeline.ts";
import { exampleJob, examplePipeline } from "./example-pipeline.ts";

const at = "2026-01-01T00:00:00.000Z";

function environment(state: PipelineEnvironment["state"]): PipelineEnvironment {
  return {
    id: "e-1",
    state,
    executor: "shell",
    privileged: false,
    runnerTags: [],
    capacity: 1,
    wantedAt: at,
    startFailures: 0,
  };
}

function reported(...states: readonly CommitState[]): Partial<Pipeline> {
  return {
    reported: states.map((state) => ({ context: state, state, description: "", postedAt: at })),
  };
}

test.for<[string, Status, Partial<Pipeline>, boolean]>([
  ["pending", "pending", reported("pending"), true],
  ["created", "created", {}, true],
  ["delayed", "scheduled", reported("pending"), true],
  ["finished and told", "success", reported("success"), false],
  ["finished and not told", "success", reported("running"), true],
  ["failed, told the success before the retry", "failed", reported("success"), true],
  ["skipped and told", "skipped", reported("skipped"), false],
  [
    "canceled with an environment left",
    "canceled",
    { ...reported("canceled"), environments: [environment("stopping")] },
    true,
  ],
  [
    "failed, environment gone",
    "failed",
    { ...reported("failed"), environments: [environment("ended")] },
    false,
  ],
  [
    "waiting for a person",
    "manual",
    { ...reported("pending"), jobs: [exampleJob({ status: "manual" })] },
    false,
  ],
  ["manual, not told", "manual", { jobs: [exampleJob({ status: "manual" })] }, true],
  [
    "manual beside a delayed job",
    "manual",
    { ...reported("pending"), jobs: [exampleJob({ status: "scheduled" })] },
    true,
  ],
])("%s", ([, status, changes, open]) => {
  const jobs = [exampleJob({ status: status === "manual" ? "manual" : status })];
  expect(hasUnfinishedBusiness(examplePipeline({ status, jobs, ...changes }))).toBe(open);
});
