import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import { isSameProject } from "#pipeline/project-key.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import { advancePipeline } from "../advance/advance-pipeline.ts";
import type { ServiceDeps } from "../deps.ts";
import { pipelineUrl } from "../page-urls.ts";

/**
 * Retries the job or pipeline of a forge's check: the job, or the failed and canceled jobs of the pipeline. The check has
 * to belong to the event's project and commit. If nothing can be retried, the forge is sent the current status again.
 */
export async function rerun(
  deps: ServiceDeps,
  forgeName: string,
  event: Extract<TriggerEvent, { kind: "rerun" }>,
): Promise<CreateOutcome> {
  const { context, pipelineId, jobId } = event;
  const known = (await deps.store.pipelines.get(pipelineId))?.value;
  const isOfProject =
    known !== undefined && isSameProject(known, { forge: forgeName, project: event.project.path });
  const isShown =
    known?.facts.commit.sha === event.sha &&
    known.reported.some((reported) => reported.context === context);
  const pipeline =
    isOfProject && isShown
      ? await advancePipeline(deps, pipelineId, [
          // After a re-run request the forge shows the check as waiting, whatever status it had before.
          { type: "status_posted", context, state: "pending", description: "" },
          { type: "retry", by: event.user.login, ...(jobId !== undefined && { jobIds: [jobId] }) },
          { type: "look" },
        ])
      : undefined;
  if (pipeline === undefined)
    return { result: "nothing", why: `${event.project.path} has no pipeline with that check` };
  const { status } = pipeline;
  return { result: "created", pipelineId, url: pipelineUrl(pipeline.facts, pipelineId), status };
}
