import fc from "fast-check";
import type { Plan, TriggerOptions } from "#language/plan.ts";
import type { PipelineSettings } from "#pipeline/pipeline.ts";
import { type JobSketch, plan } from "./build.ts";

/** How a job's script ends, by attempt: `true` passes. */
export type Outcomes = ReadonlyMap<string, readonly boolean[]>;

export type Case = {
  readonly plan: Plan;
  readonly outcomes: Outcomes;
  readonly settings: Partial<PipelineSettings>;
};

const stages = ["build", "test", "deploy"];

function triggerOf(strategy: TriggerOptions["strategy"]): TriggerOptions {
  return {
    include: [{ local: "child.yml" }],
    forwardYamlVariables: true,
    forwardPipelineVariables: false,
    ...(strategy && { strategy }),
  };
}

const sketch = fc.record({
  stage: fc.integer({ min: 0, max: stages.length - 1 }),
  when: fc.constantFrom(
    "on_success" as const,
    "on_success" as const,
    "on_success" as const,
    "on_failure" as const,
    "always" as const,
    "manual" as const,
    "delayed" as const,
  ),
  allowFailure: fc.boolean(),
  retry: fc.constantFrom(0, 0, 1, 2),
  needs: fc.option(fc.array(fc.nat(20), { maxLength: 3 })),
  resourceGroup: fc.option(fc.constantFrom("production", "staging"), { freq: 4 }),
  tag: fc.option(fc.constantFrom("large", "small"), { freq: 3 }),
  trigger: fc.option(fc.constantFrom(undefined, "depend" as const, "mirror" as const), { freq: 3 }),
  deploys: fc.boolean(),
  outcome: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
});

/** Small pipelines with all kinds of jobs, whose needs only ever point backwards. */
export const cases: fc.Arbitrary<Case> = fc
  .record({
    sketches: fc.array(sketch, { minLength: 1, maxLength: 8 }),
    shared: fc.boolean(),
    maxEnvironments: fc.integer({ min: 1, max: 4 }),
    capacity: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ sketches, shared, maxEnvironments, capacity }) => {
    const ordered = sketches.toSorted((a, b) => a.stage - b.stage);
    const jobs = ordered.map((drawn, index): JobSketch => {
      const targets = drawn.needs?.filter((target) => target < index);
      return {
        name: `j${index}`,
        stage: stages[drawn.stage] ?? "build",
        when: drawn.when,
        allowFailure: drawn.allowFailure,
        retry: drawn.retry,
        ...(targets && { needs: [...new Set(targets)].map((target) => `j${target}`) }),
        ...(drawn.resourceGroup !== null && { resourceGroup: drawn.resourceGroup }),
        ...(drawn.tag !== null && { runnerTags: [drawn.tag] }),
        ...(drawn.when === "delayed" && { startInSeconds: 45 }),
        ...(drawn.deploys && { deploymentEnvironment: { name: "live", action: "start" as const } }),
        ...(drawn.trigger !== null && { trigger: triggerOf(drawn.trigger) }),
      };
    });
    const used = stages.filter((stage) => jobs.some((job) => job.stage === stage));
    return {
      plan: plan(used, jobs),
      outcomes: new Map(ordered.map((drawn, index) => [`j${index}`, drawn.outcome])),
      settings: {
        executor: shared ? ("docker-socket" as const) : ("docker-in-docker" as const),
        capacity: shared ? capacity : 1,
        maxEnvironments,
      },
    };
  });
