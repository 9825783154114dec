import { defined } from "#language/defined.ts";
import type { Diagnostic } from "#language/diagnostic.ts";
import type { PipelineFacts } from "#language/facts.ts";
import type { Plan } from "#language/plan.ts";
import type { Variable } from "#language/variables.ts";
import { firstRows } from "./jobs.ts";
import type { Pipeline, PipelineSettings } from "./pipeline.ts";
import type { ProjectKey } from "./project-key.ts";

/** `failed`: the configuration is invalid. `skipped`: the commit or the push asked for no jobs. */
export type PipelineContent =
  | { readonly plan: Plan; readonly diagnostics?: readonly Diagnostic[] }
  | {
      readonly status: "failed" | "skipped";
      readonly diagnostics: readonly Diagnostic[];
    };

export type NewPipeline = PipelineContent &
  ProjectKey & {
    readonly id: number;
    readonly iid: number;
    readonly facts: PipelineFacts;
    readonly settings: PipelineSettings;
    readonly variables: readonly Variable[];
    readonly parent?: { readonly pipelineId: number; readonly jobId: number };
  };

/** Returns a pipeline whose jobs are all `created`. The first `look` starts it. */
export function createPipeline(input: NewPipeline, now: string): Pipeline {
  const base = {
    id: input.id,
    iid: input.iid,
    forge: input.forge,
    project: input.project,
    facts: input.facts,
    createdAt: now,
    settings: input.settings,
    environments: [],
    diagnostics: input.diagnostics ?? [],
    variables: input.variables,
    reported: [],
    ...defined({ parent: input.parent }),
  };
  if (!("plan" in input)) {
    return {
      ...base,
      status: input.status,
      finishedAt: now,
      stages: [],
      jobs: [],
      autoCancel: { onNewCommit: "conservative", onJobFailure: "none" },
    };
  }
  return {
    ...base,
    status: "created",
    stages: input.plan.stages,
    jobs: firstRows(input.id, input.plan, input.settings, now),
    autoCancel: input.plan.autoCancel,
    ...defined({ name: input.plan.name }),
  };
}
