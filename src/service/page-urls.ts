import type { ProjectFacts, ServerFacts } from "#language/facts.ts";

/** Addresses of the service's own pages, even if the project's page is at the forge. */
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
