/** Where the service keeps its blobs, and the secrets' names. */
export function planKey(pipelineId: number): string {
  return `pipelines/${pipelineId}/plan.json`;
}

export function logKey(jobId: number): string {
  return `jobs/${jobId}/log`;
}

export function webhookSecretName(forge: string, project: string): string {
  return `webhook/${forge}/${project.toLowerCase()}`;
}

/** Job ids are made as pipeline id × 100,000 + row, so that a job finds its pipeline without an index. */
export function pipelineIdOfJob(jobId: number): number {
  return Math.floor(jobId / 100_000);
}

export function pipelineUrl(projectUrl: string, pipelineId: number): string {
  return `${projectUrl}/-/pipelines/${pipelineId}`;
}

export function jobUrl(projectUrl: string, jobId: number): string {
  return `${projectUrl}/-/jobs/${jobId}`;
}

export function artifactKey(jobId: number, type: string): string {
  return `jobs/${jobId}/artifacts/${type}`;
}
