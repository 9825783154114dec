import type { ProjectFacts, ServerFacts } from "#language/facts.ts";

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

/** Pages are the service's own, also where the project's page is the forge's. */
export function pipelineUrl(of: PageFacts, pipelineId: number): string {
  return `${of.server.url}/${of.project.path}/-/pipelines/${pipelineId}`;
}

export function jobUrl(of: PageFacts, jobId: number): string {
  return `${of.server.url}/${of.project.path}/-/jobs/${jobId}`;
}

type PageFacts = {
  readonly server: Pick<ServerFacts, "url">;
  readonly project: Pick<ProjectFacts, "path">;
};

export function artifactKey(jobId: number, type: string): string {
  return `jobs/${jobId}/artifacts/${type}`;
}
