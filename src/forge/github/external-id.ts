import type { StatusRun } from "../forge.ts";

/** The external id of a check run names its pipeline and, for a job's check, the job. */
export function externalId({ pipelineId, jobId }: StatusRun): string {
  return jobId === undefined ? `${pipelineId}` : `${pipelineId}/${jobId}`;
}

/** Reads what `externalId` made. Undefined for any other text. */
export function readExternalId(
  text: string,
): { readonly pipelineId: number; readonly jobId?: number } | undefined {
  const [, pipeline, job] = /^(\d{1,15})(?:\/(\d{1,15}))?$/.exec(text) ?? [];
  if (pipeline === undefined) return undefined;
  return { pipelineId: Number(pipeline), ...(job !== undefined && { jobId: Number(job) }) };
}
