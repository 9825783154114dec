import { describe, expect, test } from "vitest";
import type { PipelineEvent } from "#pipeline/event.ts";
import { type RecordedEvent, recordEvent } from "#pipeline/history.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { asCreated, differences, replay } from "#pipeline/replay.ts";
import { transition } from "#pipeline/transition.ts";
import { at, pipelineOf, plan } from "./build.ts";

const twoStages = plan(
  ["build", "test"],
  [
    { name: "build", stage: "build" },
    { name: "unit", stage: "test" },
  ],
);

const happened: readonly PipelineEvent[] = [
  { type: "look" },
  { type: "environment_started", environmentId: "p7-e1", handle: "h" },
  { type: "environment_running", environmentId: "p7-e1" },
  { type: "job_taken", jobId: 700_001, environmentId: "p7-e1", tokenHash: "secret" },
  { type: "job_finished", jobId: 700_001, state: "failed", failureReason: "script_failure" },
];

function live(start: Pipeline, events: readonly PipelineEvent[]) {
  const recorded: RecordedEvent[] = [];
  let pipeline = start;
  for (const [index, event] of events.entries()) {
    const next = transition(pipeline, event, at(index * 10)).pipeline;
    if (next !== pipeline) recorded.push(recordEvent(event, at(index * 10)));
    pipeline = next;
  }
  return { pipeline, recorded };
}

describe("a replay", () => {
  test("of what happened ends in the same state, and tells each change and each effect", () => {
    const start = pipelineOf(twoStages);
    const { pipeline, recorded } = live(start, happened);
    const steps = replay(start, recorded);
    expect(differences(pipeline, steps.at(-1)?.pipeline)).toEqual([]);
    expect(steps[0]?.commands.map(({ type }) => type)).toContain("start_environment");
    expect(steps.at(-1)?.changes).toContainEqual({
      what: "job 700001 build",
      from: "running",
      to: "failed",
      why: "script_failure",
    });
    expect(steps.at(-1)?.changes).toContainEqual({
      what: "pipeline",
      from: "running",
      to: "failed",
    });
  });

  test("names what ends otherwise", () => {
    const start = pipelineOf(twoStages);
    const { pipeline, recorded } = live(start, happened);
    const otherwise = replay(start, recorded.slice(0, -1)).at(-1)?.pipeline;
    expect(differences(pipeline, otherwise)).toContain("jobs.0.status");
  });

  test("keeps no hash of a job token", () => {
    const { recorded } = live(pipelineOf(twoStages), happened);
    expect(JSON.stringify(recorded)).toContain("job_taken");
    expect(JSON.stringify(recorded)).not.toContain("secret");
  });
});

test("a stored pipeline without jobs is as it was created", () => {
  const { jobs: _, ...start } = pipelineOf(twoStages);
  const failed: Pipeline = { ...start, jobs: [], stages: [], status: "failed" };
  expect(asCreated(failed, undefined)).toMatchObject({ id: failed.id, status: "failed", jobs: [] });
});
