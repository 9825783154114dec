/** Label of everything that a runner and the scripts of its jobs make on an engine; its removal at the end goes by it. */
export const ENVIRONMENT_LABEL = "dev.slipway.environment";

/** Label of everything that belongs to one job of an environment. */
export const JOB_LABEL = "dev.slipway.job";

/** Label of the container that is a docker-in-docker environment itself. */
export const ENGINE_LABEL = "dev.slipway.engine";

/** The labels that let the end of a job and of its environment find what was made for them. */
export function ownerLabels(environmentId: string, jobId: number): Record<string, string> {
  return { [ENVIRONMENT_LABEL]: environmentId, [JOB_LABEL]: String(jobId) };
}
