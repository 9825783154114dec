import type { PipelineFacts } from "#language/facts.ts";
import type { Need, Plan, PlannedJob } from "#language/plan.ts";
import { createPipeline } from "#pipeline/create-pipeline.ts";
import type { Command, PipelineEvent } from "#pipeline/event.ts";
import { currentJobs } from "#pipeline/jobs.ts";
import type { Job, Pipeline, PipelineSettings, Report } from "#pipeline/pipeline.ts";
import { untoldReports } from "#pipeline/report.ts";
import { transition } from "#pipeline/transition.ts";

/** A job as the tests write it: what GitLab's defaults fill in is left out. */
export type JobSketch = Partial<Omit<PlannedJob, "needs" | "retry">> & {
  readonly name: string;
  readonly needs?: readonly string[];
  readonly retry?: number | PlannedJob["retry"];
};

export const start = "2026-01-02T03:04:05.000Z";

/** `start` plus seconds. */
export function at(seconds: number): string {
  return new Date(Date.parse(start) + seconds * 1000).toISOString();
}

export function plannedJob(sketch: JobSketch): PlannedJob {
  const { needs, retry, ...rest } = sketch;
  return {
    stage: "test",
    when: "on_success",
    allowFailure: sketch.when === "manual",
    services: [],
    script: ["true"],
    afterScript: [],
    preGetSourcesScript: [],
    variables: [],
    cache: [],
    interruptible: false,
    runnerTags: [],
    idTokens: {},
    ...rest,
    retry:
      typeof retry === "object"
        ? retry
        : { max: retry ?? 0, when: retry === undefined ? [] : ["always"], exitCodes: [] },
    ...(needs && { needs: needs.map(need) }),
  };
}

function need(job: string): Need {
  return { job, artifacts: true, optional: false };
}

export function plan(
  stages: readonly string[],
  jobs: readonly JobSketch[],
  autoCancel: Partial<Plan["autoCancel"]> = {},
): Plan {
  return {
    stages,
    jobs: jobs.map(plannedJob),
    autoCancel: { onNewCommit: "conservative", onJobFailure: "none", ...autoCancel },
  };
}

export const facts: PipelineFacts = {
  source: "push",
  project: {
    id: 1,
    path: "group/app",
    title: "app",
    description: "",
    visibility: "private",
    defaultBranch: "main",
    url: "http://forge.test/group/app",
    configPath: ".gitlab-ci.yml",
  },
  server: { url: "http://slipway.test", version: "0.1.0", registry: "registry.test" },
  ref: { kind: "branch", name: "main", protected: true },
  commit: {
    sha: "a".repeat(40),
    beforeSha: "0".repeat(40),
    message: "Change",
    authorName: "Ada",
    authorEmail: "ada@forge.test",
    timestamp: start,
  },
  user: { id: 1, login: "ada", name: "Ada", email: "ada@forge.test" },
};

export const settings: PipelineSettings = {
  executor: "docker-in-docker",
  privileged: true,
  capacity: 1,
  maxEnvironments: 10,
  jobTimeoutSeconds: 3600,
};

export function pipelineOf(
  planned: Plan,
  changes: Partial<PipelineSettings> = {},
  id = 7,
): Pipeline {
  return createPipeline(
    {
      id,
      iid: 3,
      forge: "local",
      project: "group/app",
      facts,
      settings: { ...settings, ...changes },
      variables: [],
      plan: planned,
    },
    start,
  );
}

export type Step = { readonly pipeline: Pipeline; readonly commands: readonly Command[] };

/** Applies events one after the other, `seconds` after `start`; the commands are those of the last. */
export function happen(pipeline: Pipeline, seconds: number, ...events: PipelineEvent[]): Step {
  return events.reduce<Step>((step, event) => transition(step.pipeline, event, at(seconds)), {
    pipeline,
    commands: [],
  });
}

export const look: PipelineEvent = { type: "look" };

/** The attempt that counts. */
export function job(pipeline: Pipeline, name: string): Job {
  const found = currentJobs(pipeline).find((row) => row.name === name);
  if (found === undefined) throw new Error(`no job ${name}`);
  return found;
}

/** The jobs' statuses by name. */
export function statuses(pipeline: Pipeline): Record<string, string> {
  return Object.fromEntries(currentJobs(pipeline).map((row) => [row.name, row.status]));
}

/** Takes the job with the first environment that has room for it. */
export function take(name: string, environmentId: string, pipeline: Pipeline): PipelineEvent {
  const { id } = job(pipeline, name);
  return { type: "job_taken", jobId: id, environmentId, tokenHash: `hash-of-${id}` };
}

/** What the forge is told where the commands say so. */
export function toldBy({ pipeline, commands }: Step): readonly Report[] {
  return ofType(commands, "post_status").flatMap(() => untoldReports(pipeline));
}

export function ofType<T extends Command["type"]>(
  commands: readonly Command[],
  type: T,
): readonly Extract<Command, { type: T }>[] {
  return commands.filter(
    (command): command is Extract<Command, { type: T }> => command.type === type,
  );
}
