/** Label of everything that belongs to an environment; its removal at the end goes by this label. */
export const ENVIRONMENT_LABEL = "dev.slipway.environment";

/** Label of everything that belongs to one job of an environment. */
export const JOB_LABEL = "dev.slipway.job";

/** The labels that let the end of a job and of its environment find what was made for them. */
export function ownerLabels(environmentId: string, jobId: number): Record<string, string> {
  return { [ENVIRONMENT_LABEL]: environmentId, [JOB_LABEL]: String(jobId) };
}
