import type { PipelineFacts } from "#language/facts.ts";
import type { CompileResult } from "#language/plan.ts";
import { createPipeline } from "#pipeline/create-pipeline.ts";
import { type ScriptedEvent, type SimulatedState, simulate } from "#pipeline/simulate.ts";

const now = "2026-01-01T00:00:00.000Z";

/** The states of a compiled pipeline after its creation and after each event; none where none is made. */
export function simulateResult(
  result: CompileResult,
  facts: PipelineFacts,
  events: readonly ScriptedEvent[],
): readonly SimulatedState[] {
  if (result.status === "filtered" || result.status === "invalid") return [];
  const { diagnostics } = result;
  const content =
    result.status === "created"
      ? { plan: result.plan, diagnostics }
      : { status: "skipped" as const, diagnostics };
  const pipeline = createPipeline(
    {
      ...content,
      id: 1,
      iid: 1,
      forge: "local",
      project: facts.project.path,
      facts,
      variables: [],
      settings: {
        executor: "docker-in-docker",
        privileged: true,
        capacity: 1,
        maxEnvironments: 1_000,
        jobTimeoutSeconds: 3_600,
      },
    },
    now,
  );
  return simulate(pipeline, events, now);
}
