import { expect, test } from "vitest";
import type { Pipeline, PipelineEnvironment } from "#pipeline/pipeline.ts";
import { hasUnfinishedBusiness } from "#store/dynamodb/open-pipeline.ts";
import { exampleJob, examplePipeline, toldPipeline } from "../example-pipeline.ts";

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

const ended = examplePipeline({ status: "success", jobs: [exampleJob({ status: "success" })] });
const waiting = examplePipeline({ status: "manual", jobs: [exampleJob({ status: "manual" })] });

test.for<[string, Pipeline, boolean]>([
  ["pending", toldPipeline({}), true],
  ["waiting for its time", toldPipeline({ status: "scheduled" }), true],
  ["finished and told", toldPipeline(ended), false],
  ["finished and not told", ended, true],
  [
    "failed, the forge still told of the success",
    { ...toldPipeline(ended), status: "failed" },
    true,
  ],
  [
    "finished with an environment left",
    { ...toldPipeline(ended), environments: [environment("stopping")] },
    true,
  ],
  [
    "finished, environment gone",
    { ...toldPipeline(ended), environments: [environment("ended")] },
    false,
  ],
  ["waiting for a person", toldPipeline(waiting), false],
  ["waiting for a person, not told", waiting, true],
  [
    "manual beside a delayed job",
    {
      ...toldPipeline(waiting),
      jobs: [...waiting.jobs, exampleJob({ id: 2, status: "scheduled" })],
    },
    true,
  ],
])("%s", ([, pipeline, open]) => {
  expect(hasUnfinishedBusiness(pipeline)).toBe(open);
});
