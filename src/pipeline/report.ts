import { defined } from "#language/defined.ts";
import { placeText } from "#language/diagnostic.ts";
import { compositeStatus } from "./composite-status.ts";
import { mergeRequestContext } from "./history-ref.ts";
import { jobReports } from "./job-report.ts";
import { currentJobs } from "./jobs.ts";
import type { CommitState, Job, Pipeline, Report, ReportedStatus } from "./pipeline.ts";
import { atMost, cut, forward, took } from "./report-text.ts";
import { isCompleted } from "./status.ts";

const pushContext = "slipway";

/** A commit that was pushed and belongs to a merge request may have a pipeline for each. */
function contextOf({ facts }: Pipeline): string {
  return facts.mergeRequest === undefined ? pushContext : mergeRequestContext;
}

/** One status for the pipeline, and where its settings say so one for each job. */
export function reportsOf(pipeline: Pipeline): readonly Report[] {
  const jobs =
    pipeline.settings.statuses === "jobs" ? jobReports(pipeline, contextOf(pipeline)) : [];
  return [reportOf(pipeline), ...jobs];
}

export function reportOf(pipeline: Pipeline): Report {
  const context = contextOf(pipeline);
  const before = pipeline.reported.find((reported) => reported.context === context);
  return {
    context,
    state: forward(before?.state, stateOf(pipeline)),
    description: cut(describe(pipeline)),
  };
}

/**
 * Whether the forge was already told exactly this, or need not be told: the commit has the status of the
 * pipeline of the push, which includes those of its child pipelines as far as it depends on them.
 */
export function isReported(pipeline: Pipeline, report: Report): boolean {
  if (pipeline.parent !== undefined) return true;
  return pipeline.reported.some((reported) => isSameReport(reported, report));
}

/** What the forge has to be told. */
export function untoldReports(pipeline: Pipeline): readonly Report[] {
  return reportsOf(pipeline).filter((report) => !isReported(pipeline, report));
}

/** Whether the forge would be told the same of the same thing. */
export function isSameReport(
  one: Omit<Report, "jobId">,
  { context, state, description }: Report,
): boolean {
  return one.context === context && one.state === state && one.description === description;
}

export function noteReported(
  pipeline: Pipeline,
  report: Report & { readonly forgePipelineId?: number },
  now: string,
): Pipeline {
  const { context, state, description, forgePipelineId } = report;
  const before = pipeline.reported.find((reported) => reported.context === context);
  const id = forgePipelineId ?? before?.forgePipelineId;
  if (isReported(pipeline, report) && id === before?.forgePipelineId) return pipeline;
  const told: ReportedStatus = {
    context,
    state,
    description,
    postedAt: now,
    ...defined({ forgePipelineId: id }),
  };
  const others = pipeline.reported.filter((reported) => reported.context !== context);
  return { ...pipeline, reported: [...others, told] };
}

function stateOf(pipeline: Pipeline): CommitState {
  switch (pipeline.status) {
    case "success":
    case "failed":
    case "canceled":
    case "skipped":
    case "running":
      return pipeline.status;
    case "canceling":
      return "running";
    case "created":
    case "waiting_for_resource":
    case "preparing":
    case "waiting_for_callback":
    case "pending":
    case "manual":
    case "scheduled":
      return pipeline.startedAt === undefined ? "pending" : "running";
  }
}

function describe(pipeline: Pipeline): string {
  const jobs = currentJobs(pipeline);
  if (jobs.length === 0) return withoutJobs(pipeline);
  switch (pipeline.status) {
    case "success": {
      const warnings = jobs.filter((job) => job.status === "failed");
      const passed = `Passed in ${took(pipeline)}`;
      return warnings.length === 0 ? passed : `${passed}, with warnings: ${failures(warnings)}`;
    }
    case "failed":
      return `${failures(jobs.filter((job) => job.status === "failed" && !job.allowFailure))} after ${took(pipeline)}`;
    case "canceled":
    case "canceling": {
      const by = pipeline.canceledBy ?? jobs.find((job) => job.canceledBy)?.canceledBy;
      const what = pipeline.status === "canceled" ? "Canceled" : "Canceling";
      return by === undefined ? what : `${what} by ${by}`;
    }
    case "skipped":
      return "Skipped: no job had to run";
    case "manual":
    case "scheduled":
    case "waiting_for_resource":
      return waiting(jobs);
    case "created":
    case "preparing":
    case "waiting_for_callback":
    case "pending":
      return waitsFor(pipeline) ?? "Waiting for a runner";
    case "running":
      return running(pipeline, jobs);
  }
}

function withoutJobs(pipeline: Pipeline): string {
  const found =
    pipeline.diagnostics.find((diagnostic) => diagnostic.severity === "error") ??
    pipeline.diagnostics[0];
  if (found === undefined) return pipeline.status === "skipped" ? "Skipped" : "Failed";
  return pipeline.status === "skipped" ? found.message : `${placeText(found)}${found.message}`;
}

function running(pipeline: Pipeline, jobs: readonly Job[]): string {
  const failed = jobs.filter((job) => job.status === "failed" && !job.allowFailure);
  if (failed.length > 0) return `Running; ${failures(failed)}`;
  const names = new Map<string, Job[]>(pipeline.stages.map((stage) => [stage, []]));
  for (const job of jobs) names.get(job.stage)?.push(job);
  for (const [stage, members] of names) {
    if (!isCompleted(compositeStatus(members, "stages"))) {
      return waitsFor(pipeline) === undefined
        ? `Running ${stage}`
        : `Running ${stage}; more jobs wait for build capacity`;
    }
  }
  return "Running";
}

function waitsFor({ environments }: Pipeline): string | undefined {
  const held = environments.find(
    ({ state, waitsFor }) => waitsFor !== undefined && (state === "wanted" || state === "starting"),
  );
  return held?.waitsFor === undefined ? undefined : `Waiting for build capacity: ${held.waitsFor}`;
}

function waiting(jobs: readonly Job[]): string {
  const manual = jobs.filter((job) => job.status === "manual" && !job.allowFailure);
  if (manual[0] !== undefined) return `Waiting for manual job ${named(manual)}`;
  const scheduled = jobs.filter((job) => job.status === "scheduled");
  if (scheduled[0] !== undefined) {
    return `Waiting until ${scheduled[0].scheduledAt ?? "later"} for delayed job ${named(scheduled)}`;
  }
  const queued = jobs.filter((job) => job.status === "waiting_for_resource");
  return `Waiting for resource group ${queued[0]?.resourceGroup ?? ""}: ${named(queued)}`;
}

function failures(jobs: readonly Job[]): string {
  const [first, ...more] = jobs;
  if (first === undefined) return "Failed";
  const exit = first.exitCode === undefined ? "" : `, exit code ${first.exitCode}`;
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  return `${short(first.name)} failed (${first.failureReason ?? "unknown_failure"}${exit})${others}`;
}

function named(jobs: readonly Job[]): string {
  const more = jobs.length > 1 ? ` and ${jobs.length - 1} more` : "";
  return `${short(jobs[0]?.name ?? "")}${more}`;
}

function short(name: string): string {
  return atMost(60, name);
}
