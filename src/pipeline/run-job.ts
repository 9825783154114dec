import { hasRoom } from "./availability.ts";
import { type Ending, endJob } from "./end-jobs.ts";
import { changeEnvironment } from "./environments.ts";
import { changeJob, findJob } from "./jobs.ts";
import type { Job, Pipeline, PipelineEnvironment } from "./pipeline.ts";
import { isWithRunner } from "./status.ts";
import { hasPassed } from "./time.ts";

/** Contacts within this time of the last one are not stored, so that a busy runner causes few writes. */
const contactSeconds = 30;

/** Gives a pending job to one runner. Has no effect if the job is not pending or the environment has no room. */
export function takeJob(
  pipeline: Pipeline,
  take: { readonly jobId: number; readonly environmentId: string; readonly tokenHash: string },
  now: string,
): Pipeline {
  const job = findJob(pipeline, take.jobId);
  if (job?.status !== "pending" || job.trigger !== undefined) return pipeline;
  if (!hasRoom(pipeline, take.environmentId)) return pipeline;
  const taken = changeJob(pipeline, take.jobId, (pending) => ({
    ...pending,
    status: "running",
    environmentId: take.environmentId,
    tokenHash: take.tokenHash,
    startedAt: now,
    contactAt: now,
  }));
  return changeEnvironment(taken, take.environmentId, (environment) => heard(environment, now));
}

export function noteJobContact(pipeline: Pipeline, jobId: number, now: string): Pipeline {
  const noted = changeJob(pipeline, jobId, (job) =>
    isHeld(job) && hasPassed(job.contactAt, contactSeconds, now) ? { ...job, contactAt: now } : job,
  );
  const environmentId = findJob(noted, jobId)?.environmentId;
  return noted === pipeline || environmentId === undefined
    ? noted
    : changeEnvironment(noted, environmentId, (environment) => heard(environment, now));
}

/** Ends a job as its runner reports. A job that no runner has cannot be ended this way. */
export function finishJob(
  pipeline: Pipeline,
  jobId: number,
  ending: Ending,
  now: string,
): Pipeline {
  const job = findJob(pipeline, jobId);
  return job !== undefined && isHeld(job) ? endJob(pipeline, jobId, ending, now) : pipeline;
}

/** A message from a runner proves that its environment runs, even if the event about its start was lost. */
export function heard(environment: PipelineEnvironment, now: string): PipelineEnvironment {
  switch (environment.state) {
    case "wanted":
    case "starting":
      return { ...environment, state: "running", runningAt: now, contactAt: now };
    case "running":
      return hasPassed(environment.contactAt, contactSeconds, now)
        ? { ...environment, contactAt: now }
        : environment;
    case "stopping":
    case "ended":
      return environment;
  }
}

function isHeld(job: Job): boolean {
  return !job.retried && isWithRunner(job.status);
}
