import type { PipelineEvent } from "./event.ts";

/** An event that changed a pipeline, and when (ISO 8601). */
export type RecordedEvent = { readonly at: string; readonly event: PipelineEvent };

/**
 * As it is kept for a replay. Hashes of job tokens are kept nowhere longer than the job runs, so that a
 * replayed job has an empty one.
 */
export function recordEvent(event: PipelineEvent, at: string): RecordedEvent {
  return { at, event: event.type === "job_taken" ? { ...event, tokenHash: "" } : event };
}
