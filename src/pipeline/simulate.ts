import { endJobs } from "./end-jobs.ts";
import type { PipelineEvent } from "./event.ts";
import { changeJobs, currentJobs } from "./jobs.ts";
import type { Job, Pipeline } from "./pipeline.ts";
import { reviveSkipped } from "./revive.ts";
import { isCompleted, type Status } from "./status.ts";
import { transition } from "./transition.ts";
import { deriveView } from "./view.ts";

/** One step of a simulated run. `drop` is a failed script. Without `jobs`, the step concerns the whole pipeline. */
export type ScriptedEvent = {
  readonly event: (typeof scriptedEvents)[number];
  readonly jobs?: readonly string[];
};

export const scriptedEvents = [
  "success",
  "drop",
  "cancel",
  "play",
  "retry",
  "run",
  "skip",
] as const;

export type SimulatedState = {
  readonly pipeline: Status;
  readonly stages: Readonly<Record<string, Status>>;
  readonly jobs: Readonly<Record<string, Status>>;
};

/**
 * Returns the states after creation and after each event, without environments and runners. Jobs do what the steps
 * say, in every state in which GitLab's state machine of jobs allows it. Resource groups know only this pipeline.
 */
export function simulate(
  pipeline: Pipeline,
  events: readonly ScriptedEvent[],
  now: string,
): readonly SimulatedState[] {
  let current = grantResources(step(pipeline, look, now), now);
  const states = [stateOf(current, undefined)];
  for (const event of events) {
    current = simulateEvent(current, event, now);
    states.push(stateOf(current, states.at(-1)));
  }
  return states;
}

function simulateEvent(pipeline: Pipeline, scripted: ScriptedEvent, now: string): Pipeline {
  const named = scripted.jobs && new Set(scripted.jobs);
  const targets = currentJobs(pipeline).filter((job) => named === undefined || named.has(job.name));
  const acted = act(pipeline, scripted, targets, named !== undefined, now);
  const leaving = currentJobs(acted).filter((job) => job.status === "canceling");
  return grantResources(finish(acted, leaving, "failed", now), now);
}

function stateOf(pipeline: Pipeline, before: SimulatedState | undefined): SimulatedState {
  const view = deriveView(pipeline);
  return {
    pipeline: pipeline.status,
    stages: Object.fromEntries(
      // GitLab does not set a stage back to `created` (`Ci::Stage#set_status`).
      view.map(({ name, status }) => [
        name,
        status === "created" ? (before?.stages[name] ?? status) : status,
      ]),
    ),
    jobs: Object.fromEntries(
      view.flatMap((stage) => stage.jobs.map(({ job }) => [job.name, job.status])),
    ),
  };
}

function act(
  pipeline: Pipeline,
  scripted: ScriptedEvent,
  targets: readonly Job[],
  named: boolean,
  now: string,
): Pipeline {
  const jobIds = targets.map((job) => job.id);
  switch (scripted.event) {
    case "play": {
      // Playing a manual job that has ended runs it again (GitLab's `app/services/ci/play_build_service.rb`).
      const ended = targets.filter((job) => named && isAction(job) && isCompleted(job.status));
      const again = { type: "retry", by, jobIds: ended.map((job) => job.id) } as const;
      return step(step(pipeline, again, now), { type: "play", jobIds, by }, now);
    }
    case "retry":
      return named
        ? step(pipeline, { type: "retry", by, jobIds }, now)
        : step(
            reviveSkipped(pipeline, () => true),
            { type: "retry", by },
            now,
          );
    case "cancel":
      return step(pipeline, { type: "cancel", by, ...(named && { jobIds }) }, now);
    case "skip":
      return step(force(pipeline, only(targets, unstarted, named), "skipped"), look, now);
    case "run":
      return step(force(pipeline, only(targets, unstarted, named), "running", now), look, now);
    case "success":
    case "drop": {
      const from = scripted.event === "drop" ? [...unended, "manual", "scheduled"] : unended;
      const ending = only(targets, from, named);
      const state = scripted.event === "drop" ? "failed" : "success";
      return finish(force(pipeline, ending, "running", now), ending, state, now);
    }
  }
}

const by = "simulate";
const look: PipelineEvent = { type: "look" };
const ready: readonly string[] = ["waiting_for_resource", "preparing", "pending"];
const unstarted: readonly string[] = ["created", ...ready];
const unended: readonly string[] = [...unstarted, "running"];

function isAction(job: Job): boolean {
  return job.when === "manual" || job.when === "delayed";
}

/** An event for the whole pipeline happens to the jobs whose turn it is. */
function only(jobs: readonly Job[], from: readonly string[], named: boolean): readonly Job[] {
  return jobs.filter(
    (job) =>
      from.includes(job.status) &&
      (named || ready.includes(job.status) || job.status === "running"),
  );
}

function step(pipeline: Pipeline, event: PipelineEvent, now: string): Pipeline {
  return transition(pipeline, event, now).pipeline;
}

function force(
  pipeline: Pipeline,
  jobs: readonly Job[],
  status: "running" | "skipped",
  now?: string,
): Pipeline {
  const ids = new Set(jobs.map((job) => job.id));
  return changeJobs(pipeline, (job) =>
    ids.has(job.id)
      ? {
          ...job,
          status,
          ...(now !== undefined && { startedAt: job.startedAt ?? now, contactAt: now }),
          // A job that has run before needs no play for a further attempt.
          ...(now !== undefined && isAction(job) && { playedBy: { login: by, variables: [] } }),
        }
      : job,
  );
}

/** Applies the step to all jobs at once, before later jobs are evaluated. */
function finish(
  pipeline: Pipeline,
  jobs: readonly Job[],
  state: "success" | "failed",
  now: string,
): Pipeline {
  const ending =
    state === "success" ? { state } : { state, failureReason: "script_failure" as const };
  const endings = new Map(jobs.map((job) => [job.id, ending]));
  return step(endJobs(pipeline, endings, now), look, now);
}

/** Gives each free resource group to the job that has waited longest. */
function grantResources(pipeline: Pipeline, now: string): Pipeline {
  const jobs = currentJobs(pipeline).filter((job) => job.resourceGroup !== undefined);
  const holders = ["pending", "running", "canceling"];
  const held = new Set(
    jobs.filter((job) => holders.includes(job.status)).map((job) => job.resourceGroup),
  );
  return jobs.reduce((next, job) => {
    if (job.status !== "waiting_for_resource" || held.has(job.resourceGroup)) return next;
    held.add(job.resourceGroup);
    return step(next, { type: "resource_acquired", jobId: job.id }, now);
  }, pipeline);
}
