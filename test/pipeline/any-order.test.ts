import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { statuses as statusWords } from "#pipeline/status.ts";
import { transition } from "#pipeline/transition.ts";
import { cases } from "./arbitrary.ts";
import { at, pipelineOf, statuses } from "./build.ts";
import { flaws, frozen } from "./legal.ts";
import { runWorld, seeded, undisturbed } from "./world.ts";

const chance = fc.constantFrom(0, 0.1, 0.3, 0.5);
const mishaps = fc.record({
  loseCommand: chance,
  repeatCommand: chance,
  loseEvent: chance,
  repeatEvent: chance,
  delayEvent: chance,
  deaths: fc.integer({ min: 0, max: 2 }),
});

const jobId = fc.integer({ min: 699_999, max: 700_012 });
const jobIds = fc.array(jobId, { maxLength: 3 });
const environmentId = fc.constantFrom("p7-e1", "p7-e2", "p7-e3", "p7-e4", "elsewhere");

/** Anything that could arrive, sensible or not. */
const events: fc.Arbitrary<PipelineEvent> = fc.oneof(
  fc.constant<PipelineEvent>({ type: "look" }),
  environmentId.map(
    (id): PipelineEvent => ({
      type: "environment_started",
      environmentId: id,
      handle: "h",
    }),
  ),
  fc.tuple(environmentId, fc.boolean()).map(
    ([id, permanent]): PipelineEvent => ({
      type: "environment_start_failed",
      environmentId: id,
      problem: "no machine",
      permanent,
    }),
  ),
  environmentId.map((id): PipelineEvent => ({ type: "environment_waits", environmentId: id })),
  environmentId.map((id): PipelineEvent => ({ type: "place_offered", environmentId: id })),
  environmentId.map((id): PipelineEvent => ({ type: "environment_running", environmentId: id })),
  environmentId.map((id): PipelineEvent => ({ type: "environment_ended", environmentId: id })),
  fc.tuple(jobId, environmentId).map(
    ([id, environment]): PipelineEvent => ({
      type: "job_taken",
      jobId: id,
      environmentId: environment,
      tokenHash: "t",
    }),
  ),
  jobId.map((id): PipelineEvent => ({ type: "job_contact", jobId: id })),
  fc.tuple(jobId, fc.boolean()).map(
    ([id, passes]): PipelineEvent => ({
      type: "job_finished",
      jobId: id,
      state: passes ? "success" : "failed",
    }),
  ),
  fc
    .tuple(fc.constantFrom("cancel" as const, "retry" as const), fc.option(jobIds))
    .map(([type, ids]): PipelineEvent => ({ type, by: "ada", ...(ids && { jobIds: ids }) })),
  jobIds.map((ids): PipelineEvent => ({ type: "play", jobIds: ids, by: "ada" })),
  fc.constant<PipelineEvent>({ type: "superseded", byPipelineId: 8 }),
  jobId.map((id): PipelineEvent => ({ type: "resource_acquired", jobId: id })),
  fc
    .tuple(jobId, fc.constantFrom(...statusWords))
    .map(([id, status]): PipelineEvent => ({ type: "deployment_recorded", jobId: id, status })),
  jobId.map((id): PipelineEvent => ({ type: "child_created", jobId: id, childPipelineId: 9 })),
  jobId.map(
    (id): PipelineEvent => ({
      type: "child_refused",
      jobId: id,
      failureReason: "downstream_pipeline_creation_failed",
      message: "There is no such file.",
    }),
  ),
  fc.tuple(jobId, fc.constantFrom(9, 9, 9, 10), fc.constantFrom(...statusWords)).map(
    ([id, childPipelineId, status]): PipelineEvent => ({
      type: "child_changed",
      jobId: id,
      childPipelineId,
      status,
    }),
  ),
);

/** Names an environment that the pipeline will have but never had: nobody can know it yet. */
function isEarly({ environments }: Pipeline, event: PipelineEvent): boolean {
  const id = "environmentId" in event ? event.environmentId : "elsewhere";
  return id !== "elsewhere" && !environments.some((environment) => environment.id === id);
}

describe("any order, loss and repetition", () => {
  test("of events and commands, and two dead machines, leave the verdict as it is", () => {
    fc.assert(
      fc.property(cases, mishaps, fc.integer(), (drawn, trouble, seed) => {
        const pipeline = pipelineOf(drawn.plan, drawn.settings);
        const calm = runWorld(pipeline, drawn.outcomes, undisturbed, seeded(1));
        const wild = runWorld(pipeline, drawn.outcomes, trouble, seeded(seed));
        expect(statuses(wild.pipeline)).toEqual(statuses(calm.pipeline));
        expect(wild.pipeline.status).toBe(calm.pipeline.status);
      }),
      { numRuns: 300 },
    );
  });

  test("of commands alone change nothing that can be seen: twice is once", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const pipeline = pipelineOf(drawn.plan, drawn.settings);
        const twice = { ...undisturbed, repeatCommand: 1, repeatEvent: 1 };
        const once = runWorld(pipeline, drawn.outcomes, undisturbed, seeded(1));
        const again = runWorld(pipeline, drawn.outcomes, twice, seeded(1));
        expect(statuses(again.pipeline)).toEqual(statuses(once.pipeline));
        expect(again.pipeline.jobs.length).toBe(once.pipeline.jobs.length);
      }),
      { numRuns: 100 },
    );
  });

  test("of whatever arrives keeps the state legal, and doubles change nothing", () => {
    const script = fc.array(fc.tuple(events, fc.nat(400)), { maxLength: 40 });
    fc.assert(
      fc.property(cases, script, (drawn, steps) => {
        let pipeline = frozen(pipelineOf(drawn.plan, drawn.settings));
        let seconds = 0;
        for (const [event, wait] of steps) {
          seconds += wait;
          const now = at(seconds);
          pipeline = transition(pipeline, { type: "look" }, now).pipeline;
          if (isEarly(pipeline, event)) continue;
          pipeline = frozen(transition(frozen(pipeline), event, now).pipeline);
          expect(flaws(pipeline)).toEqual([]);
          expect(transition(pipeline, { type: "look" }, now).pipeline).toBe(pipeline);
          if (event.type === "environment_start_failed") continue;
          expect(transition(pipeline, event, now).pipeline).toBe(pipeline);
        }
      }),
      { numRuns: 500 },
    );
  });
});
