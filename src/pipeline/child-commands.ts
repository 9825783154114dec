import type { Command, PipelineEvent } from "./event.ts";
import { findJob } from "./jobs.ts";
import type { Job, Pipeline } from "./pipeline.ts";
import { isCompleted } from "./status.ts";

/** Commands for the child pipelines of trigger jobs, and for the parent of a child pipeline. */
export function childCommands(
  before: Pipeline,
  after: Pipeline,
  event: PipelineEvent,
): readonly Command[] {
  return [...triggerCommands(before, after, event), ...parentCommand(before, after, event)];
}

function triggerCommands(
  before: Pipeline,
  after: Pipeline,
  event: PipelineEvent,
): readonly Command[] {
  const all = event.type === "look";
  const commands: Command[] = [...strayChild(after, event)];
  if (before.jobs === after.jobs && !all) return commands;
  for (const [index, job] of after.jobs.entries()) {
    if (job.trigger === undefined || job.retried || isCompleted(job.status)) continue;
    const changed = all || before.jobs[index]?.status !== job.status;
    const { childPipelineId } = job;
    if (childPipelineId === undefined) {
      if (job.status === "pending" && changed)
        commands.push({ type: "create_child", jobId: job.id });
      continue;
    }
    if (job.status === "canceling" && changed) {
      commands.push({ type: "cancel_child", childPipelineId });
    }
    if (all) commands.push({ type: "check_child", jobId: job.id, childPipelineId });
  }
  return commands;
}

/** Whether the child was created while its trigger job was canceled. A child that a person has restarted does not count. */
function strayChild(after: Pipeline, event: PipelineEvent): readonly Command[] {
  const isNew =
    event.type === "child_created" ||
    (event.type === "child_changed" && (event.status === "created" || event.status === "pending"));
  if (!isNew) return [];
  const job = findJob(after, event.jobId);
  return job !== undefined && wasNeverStarted(job, event.childPipelineId)
    ? [{ type: "cancel_child", childPipelineId: event.childPipelineId }]
    : [];
}

function wasNeverStarted(job: Job, childPipelineId: number): boolean {
  return (
    job.status === "canceled" &&
    job.startedAt === undefined &&
    job.childPipelineId === childPipelineId
  );
}

function parentCommand(
  before: Pipeline,
  after: Pipeline,
  event: PipelineEvent,
): readonly Command[] {
  if (after.parent === undefined) return [];
  if (before.status === after.status && event.type !== "look") return [];
  return [{ type: "tell_parent", ...after.parent }];
}
