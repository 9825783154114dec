import { defined } from "#language/defined.ts";
import type { PipelineIdentity } from "#language/facts.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { pipelineUrl } from "../page-urls.ts";

/** The facts for the `CI_PIPELINE_*` variables. */
export function pipelineIdentity(pipeline: Pipeline): PipelineIdentity {
  return {
    id: pipeline.id,
    iid: pipeline.iid,
    url: pipelineUrl(pipeline.facts, pipeline.id),
    createdAt: pipeline.createdAt,
    ...defined({ name: pipeline.name }),
  };
}
