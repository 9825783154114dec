import { type ProjectKey, projectText } from "#pipeline/project-key.ts";

/** Where the service keeps its blobs, and the secrets' names. */
export function planKey(pipelineId: number): string {
  return `pipelines/${pipelineId}/plan.json`;
}

export function logKey(jobId: number): string {
  return `jobs/${jobId}/log`;
}

export function webhookSecretName(of: ProjectKey): string {
  return `webhook/${projectText(of)}`;
}

export function artifactKey(jobId: number, type: string): string {
  return `jobs/${jobId}/artifacts/${type}`;
}
