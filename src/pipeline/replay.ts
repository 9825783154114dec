import type { Plan } from "#language/plan.ts";
import { createPipeline } from "./create-pipeline.ts";
import type { Command, PipelineEvent } from "./event.ts";
import type { RecordedEvent } from "./history.ts";
import type { Pipeline } from "./pipeline.ts";
import { transition } from "./transition.ts";

/** One event of a pipeline's past: what it changed, and which effects it asked for. */
export type ReplayStep = {
  readonly at: string;
  readonly event: PipelineEvent;
  readonly changes: readonly Change[];
  readonly commands: readonly Command[];
  /** The state after the event. */
  readonly pipeline: Pipeline;
};

/** A status that changed: of the pipeline, a job or an environment. `from` is absent for a new one. */
export type Change = {
  readonly what: string;
  readonly from?: string;
  readonly to: string;
  readonly why?: string;
};

/** A stored pipeline as it was when it was created; `plan` is undefined where it never had jobs. */
export function asCreated(stored: Pipeline, plan: Plan | undefined): Pipeline {
  const { id, iid, forge, project, facts, settings, variables, parent, diagnostics } = stored;
  const status = stored.status === "skipped" ? "skipped" : "failed";
  const content = plan === undefined ? ({ status, diagnostics } as const) : { plan, diagnostics };
  const input = { id, iid, forge, project, facts, settings, variables, ...(parent && { parent }) };
  return createPipeline({ ...input, ...content }, stored.createdAt);
}

/** Gives a new pipeline its recorded events again, by the rules of today. */
export function replay(start: Pipeline, events: readonly RecordedEvent[]): readonly ReplayStep[] {
  const steps: ReplayStep[] = [];
  let before = start;
  for (const { at, event } of events) {
    const { pipeline, commands } = transition(before, event, at);
    steps.push({ at, event, changes: changesBetween(before, pipeline), commands, pipeline });
    before = pipeline;
  }
  return steps;
}

/** Paths of values in which two states differ, such as `jobs.0.status`; hashes of job tokens are not recorded. */
export function differences(a: unknown, b: unknown, path = ""): readonly string[] {
  if (Object.is(a, b) || path.endsWith(".tokenHash")) return [];
  if (!isRecord(a) || !isRecord(b)) return [path];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) =>
    differences(a[key], b[key], path === "" ? key : `${path}.${key}`),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function changesBetween(before: Pipeline, after: Pipeline): readonly Change[] {
  const jobsBefore = new Map(before.jobs.map((job) => [job.id, job]));
  const environmentsBefore = new Map(before.environments.map((each) => [each.id, each]));
  return [
    ...change("pipeline", before.status, after.status),
    ...after.jobs.flatMap((job) =>
      change(
        `job ${job.id} ${job.name}`,
        jobsBefore.get(job.id)?.status,
        job.status,
        job.failureReason,
      ),
    ),
    ...after.environments.flatMap((each) =>
      change(
        `environment ${each.id}`,
        environmentsBefore.get(each.id)?.state,
        each.state,
        each.problem,
      ),
    ),
  ];
}

function change(
  what: string,
  from: string | undefined,
  to: string,
  why?: string,
): readonly Change[] {
  if (from === to) return [];
  return [{ what, ...(from !== undefined && { from }), to, ...(why !== undefined && { why }) }];
}
