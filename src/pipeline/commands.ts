import { findEnvironment } from "./availability.ts";
import { childCommands } from "./child-commands.ts";
import { deploymentCommands } from "./deployments.ts";
import { nextDue } from "./due.ts";
import { nextStartMs } from "./environment-events.ts";
import { isLive } from "./environment-load.ts";
import type { Command, PipelineEvent } from "./event.ts";
import { findJob } from "./jobs.ts";
import type { Job, Pipeline, Report } from "./pipeline.ts";
import { isSameReport, reportsOf, untoldReports } from "./report.ts";
import { isCompleted } from "./status.ts";
import { epochMs, instantOf } from "./time.ts";
import { isWaiting } from "./waiting.ts";

/**
 * The effects to carry out: those that follow from the change since `before`, and for a `look` also every effect
 * that the state does not show as done.
 */
export function commandsFor(
  before: Pipeline,
  after: Pipeline,
  event: PipelineEvent,
  now: string,
): readonly Command[] {
  const all = event.type === "look";
  return [
    ...jobCommands(before, after, all),
    ...strayResource(after, event),
    ...childCommands(before, after, event),
    ...deploymentCommands(before, after, event),
    ...offeredStart(after, event),
    ...environmentCommands(before, after, all, now),
    ...statusCommands(before, after, all),
    ...lookCommand(before, after, all, now),
  ];
}

function jobCommands(before: Pipeline, after: Pipeline, all: boolean): readonly Command[] {
  if (before.jobs === after.jobs && !all) return [];
  const commands: Command[] = [];
  let ready = false;
  for (const [index, job] of after.jobs.entries()) {
    if (!all && before.jobs[index] === job) continue;
    const changed = all || before.jobs[index]?.status !== job.status;
    if (job.status === "pending" && changed && job.trigger === undefined) ready = true;
    if (job.resourceGroup === undefined || !changed) continue;
    const turn = { jobId: job.id, resourceGroup: job.resourceGroup };
    if (job.status === "waiting_for_resource") commands.push({ type: "acquire_resource", ...turn });
    if (hasEndedTurn(job)) commands.push({ type: "release_resource", ...turn });
  }
  if (ready) commands.push({ type: "jobs_ready" });
  return commands;
}

/** A resource group that was granted after its job had ended is released at once. */
function strayResource(after: Pipeline, event: PipelineEvent): readonly Command[] {
  if (event.type !== "resource_acquired") return [];
  const job = findJob(after, event.jobId);
  return job?.resourceGroup !== undefined && isCompleted(job.status)
    ? [{ type: "release_resource", jobId: job.id, resourceGroup: job.resourceGroup }]
    : [];
}

/** The environment once waited in the queue for capacity, so its place has to be released. */
function hasEndedTurn(job: Job): boolean {
  return isCompleted(job.status) && job.queuedAt !== undefined;
}

function environmentCommands(
  before: Pipeline,
  after: Pipeline,
  all: boolean,
  now: string,
): readonly Command[] {
  if (before.environments === after.environments && !all) return [];
  const commands: Command[] = [];
  const states = new Map(before.environments.map(({ id, state }) => [id, state]));
  for (const environment of after.environments) {
    const earlier = states.get(environment.id);
    const changed = all || earlier !== environment.state;
    if (environment.state === "wanted" && changed && nextStartMs(environment) <= epochMs(now)) {
      commands.push({ type: "start_environment", environment });
    }
    if (environment.state === "ended" && !all && earlier !== undefined && earlier !== "ended") {
      const waited = environment.waitsSince !== undefined;
      const stopped = earlier === "stopping";
      commands.push({ type: "free_place", environmentId: environment.id, waited, stopped });
    }
    // An environment that ended by itself may have left containers behind. Stopping it removes them.
    const wentByItself =
      environment.state === "ended" && !all && earlier !== undefined && isLive({ state: earlier });
    if ((environment.state === "stopping" && changed) || wentByItself) {
      commands.push({ type: "stop_environment", environmentId: environment.id });
    }
  }
  return commands;
}

function offeredStart(pipeline: Pipeline, event: PipelineEvent): readonly Command[] {
  if (event.type !== "place_offered") return [];
  const environment = findEnvironment(pipeline, event.environmentId);
  return environment !== undefined && isWaiting(environment)
    ? [{ type: "start_environment", environment, offered: true }]
    : [];
}

function statusCommands(before: Pipeline, after: Pipeline, all: boolean): readonly Command[] {
  if (before === after && !all) return [];
  const reports = untoldReports(after);
  if (reports.length === 0) return [];
  const earlier = all ? [] : reportsOf(before);
  const isNew = (report: Report) => !earlier.some((known) => isSameReport(known, report));
  return reports.some(isNew) ? [{ type: "post_status" }] : [];
}

/** Only if no earlier time was announced already. */
function lookCommand(
  before: Pipeline,
  after: Pipeline,
  all: boolean,
  now: string,
): readonly Command[] {
  if (before === after && !all) return [];
  const due = nextDue(after, now);
  if (due === undefined) return [];
  const told = all ? undefined : nextDue(before, now);
  return told === undefined || due < told ? [{ type: "look_at", at: instantOf(due) }] : [];
}
