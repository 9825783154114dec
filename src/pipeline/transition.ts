import { noteArtifact, noteArtifactRemoved } from "./artifacts.ts";
import { cancelJobs, cancelSuperseded } from "./cancel.ts";
import { noteChild, noteChildCreated, noteChildRefused } from "./child.ts";
import { commandsFor } from "./commands.ts";
import { noteDeploymentRecorded } from "./deployments.ts";
import {
  noteEnvironmentEnded,
  noteEnvironmentStarted,
  noteEnvironmentWaits,
  noteStartFailed,
} from "./environment-events.ts";
import { changeEnvironment, forgetEnvironments, planEnvironments } from "./environments.ts";
import type { PipelineEvent, Transition } from "./event.ts";
import { changeJob } from "./jobs.ts";
import type { Pipeline } from "./pipeline.ts";
import { playJobs } from "./play.ts";
import { processJobs } from "./process.ts";
import { noteReported } from "./report.ts";
import { retryJobs } from "./retry.ts";
import { finishJob, heard, noteJobContact, takeJob } from "./run-job.ts";
import { settle } from "./settle.ts";
import { applyDeadlines } from "./timeouts.ts";

/**
 * Makes all decisions about a pipeline: first the event, then what is due, then the consequences for other jobs, the
 * environments and the pipeline. Never changes its argument, and returns the same object if nothing changes.
 */
export const transition: Transition = (pipeline, event, now) => {
  const happened = applyEvent(pipeline, event, now);
  const due = applyDeadlines(happened, now);
  const processed = processJobs(due, now);
  const settled = settle(processed, now);
  const next = forgetEnvironments(planEnvironments(settled, now), now);
  return { pipeline: next, commands: commandsFor(pipeline, next, event, now) };
};

function applyEvent(pipeline: Pipeline, event: PipelineEvent, now: string): Pipeline {
  switch (event.type) {
    case "look":
      return pipeline;
    case "environment_started":
      return noteEnvironmentStarted(pipeline, event, now);
    case "environment_start_failed":
      return noteStartFailed(pipeline, event.environmentId, event, now);
    case "environment_waits":
      return noteEnvironmentWaits(pipeline, event.environmentId, event.reason, now);
    case "place_offered":
      return pipeline;
    case "environment_running":
      return changeEnvironment(pipeline, event.environmentId, (known) => heard(known, now));
    case "environment_ended":
      return noteEnvironmentEnded(pipeline, event.environmentId, event.problem, now);
    case "job_taken":
      return takeJob(pipeline, event, now);
    case "job_contact":
      return noteJobContact(pipeline, event.jobId, now);
    case "job_finished":
      return finishJob(pipeline, event.jobId, event, now);
    case "artifacts_uploaded":
      return noteArtifact(pipeline, event);
    case "artifacts_removed":
      return noteArtifactRemoved(pipeline, event.jobId, event.artifactType);
    case "cancel":
      return cancelJobs(pipeline, event.jobIds, event.by, now);
    case "retry":
      return retryJobs(pipeline, event.jobIds, event.by, now);
    case "play":
      return playJobs(pipeline, event.jobIds, event.by, event.variables ?? [], now);
    case "superseded":
      return cancelSuperseded(pipeline, event.byPipelineId, now);
    case "resource_acquired":
      return changeJob(pipeline, event.jobId, (job) =>
        job.status === "waiting_for_resource" ? { ...job, status: "pending", queuedAt: now } : job,
      );
    case "child_created":
      return noteChildCreated(pipeline, event.jobId, event.childPipelineId, now);
    case "child_refused":
      return noteChildRefused(pipeline, event.jobId, event, now);
    case "child_changed":
      return noteChild(pipeline, event.jobId, event, now);
    case "deployment_recorded":
      return noteDeploymentRecorded(pipeline, event.jobId, event.status);
    case "status_posted":
      return noteReported(pipeline, event, now);
  }
}
