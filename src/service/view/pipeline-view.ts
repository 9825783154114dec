import type * as z from "zod/mini";
import { diagnosticText } from "#language/diagnostic.ts";
import { coverageOf } from "#pipeline/coverage.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { deriveView } from "#pipeline/view.ts";
import { pipelineUrl } from "../page-urls.ts";
import { jobView } from "./job-view.ts";
import type { pipelineSchema } from "./schema/pipeline.ts";

export type PipelineView = z.output<typeof pipelineSchema>;

export function pipelineView(pipeline: Pipeline): PipelineView {
  const { facts } = pipeline;
  const coverage = coverageOf(pipeline);
  return {
    id: pipeline.id,
    iid: pipeline.iid,
    project: pipeline.project,
    ref: facts.ref.name,
    sha: facts.commit.sha,
    source: facts.source,
    status: pipeline.status,
    title: pipeline.name ?? facts.commit.message.split("\n", 1)[0] ?? "",
    created_at: pipeline.createdAt,
    ...(pipeline.startedAt === undefined ? {} : { started_at: pipeline.startedAt }),
    ...(pipeline.finishedAt === undefined ? {} : { finished_at: pipeline.finishedAt }),
    ...(coverage === undefined ? {} : { coverage }),
    url: pipelineUrl(facts, pipeline.id),
    ...(pipeline.parent === undefined
      ? {}
      : {
          parent: {
            id: pipeline.parent.pipelineId,
            job: pipeline.parent.jobId,
            url: pipelineUrl(facts, pipeline.parent.pipelineId),
          },
        }),
    stages: deriveView(pipeline).map((stage) => ({
      name: stage.name,
      status: stage.status,
      jobs: stage.jobs.map(({ job }) => jobView(pipeline, job)),
    })),
    retried: pipeline.jobs.filter((job) => job.retried).map((job) => jobView(pipeline, job)),
    problems: pipeline.diagnostics.map(diagnosticText),
    environments: pipeline.environments.map(({ id, state, handle, waitsFor, problem }) => ({
      id,
      state,
      ...(handle === undefined ? {} : { handle }),
      ...(waitsFor === undefined ? {} : { waits_for: waitsFor }),
      ...(problem === undefined ? {} : { problem }),
    })),
  };
}
