import { defined } from "#language/defined.ts";
import type { PipelineIdentity } from "#language/facts.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { pipelineUrl } from "../page-urls.ts";

/** What `CI_PIPELINE_*` are made of. */
export function pipelineIdentity(pipeline: Pipeline): PipelineIdentity {
  return {
    id: pipeline.id,
    iid: pipeline.iid,
    url: pipelineUrl(pipeline.facts, pipeline.id),
    createdAt: pipeline.createdAt,
    ...defined({ name: pipeline.name }),
  };
}
