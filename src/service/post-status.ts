import { type CommitStatus, ForgeError } from "#forge/forge.ts";
import { coverageOf } from "#pipeline/coverage.ts";
import type { Command, PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { ServiceDeps } from "./deps.ts";
import { pipelineUrl } from "./keys.ts";

/**
 * Tells the forge. A forge that is away never holds the pipeline: nothing is recorded as posted, so the
 * next look posts it again. A forge that refuses for good is not asked again for the same state.
 */
export async function postStatus(
  deps: ServiceDeps,
  pipeline: Pipeline,
  command: Extract<Command, { type: "post_status" }>,
): Promise<readonly PipelineEvent[]> {
  const forge = deps.forges.get(pipeline.forge);
  const told = pipeline.reported.find((reported) => reported.context === command.context);
  const posted = {
    type: "status_posted",
    context: command.context,
    state: command.state,
    description: command.description,
  } as const;
  if (forge === undefined) return [posted];
  const coverage = coverageOf(pipeline);
  try {
    const answer = await forge.client(pipeline.project).postStatus({
      sha: pipeline.facts.commit.sha,
      ref: pipeline.facts.ref.name,
      context: command.context,
      state: command.state,
      description: command.description,
      targetUrl: pipelineUrl(pipeline.facts, pipeline.id),
      ...(coverage === undefined ? {} : { coverage }),
      ...(told?.forgePipelineId === undefined ? {} : { forgePipelineId: told.forgePipelineId }),
      ...forkOf(pipeline),
    });
    return [{ ...posted, ...answer }];
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    deps.log("warn", "the commit status could not be posted", {
      pipeline: pipeline.id,
      state: command.state,
      retryable: error.retryable,
      cause: error.message,
    });
    return error.retryable ? [] : [posted];
  }
}

function forkOf({ facts }: Pipeline): Pick<CommitStatus, "fork"> {
  const request = facts.mergeRequest;
  if (request?.fork !== true) return {};
  return {
    fork: { sourceProjectId: request.sourceProjectId, mergeRequestIid: request.iid },
  };
}
