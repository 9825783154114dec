import { type CommitStatus, ForgeError } from "#forge/forge.ts";
import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import { mergeRequestContext } from "#pipeline/history-ref.ts";
import { isSameProject } from "#pipeline/project-key.ts";
import type { MergeRequestEvent } from "#pipeline/trigger-event.ts";
import type { Approval } from "#store/approval-store.ts";
import { type Host, type Installation, isoNow, type Ports, type ServiceDeps } from "../deps.ts";
import { pipelineUrl } from "../page-urls.ts";
import { claimPipelineId } from "./claim-pipeline.ts";
import { createPipelineFor } from "./create-pipeline.ts";

/**
 * Decides about a merge request from a fork, whose author may be anybody. Nothing is built unless the project's settings
 * allow approvals by a member. An approval holds for one commit; a new commit needs a new approval.
 */
export async function buildFork(
  deps: ServiceDeps,
  forgeName: string,
  event: MergeRequestEvent,
): Promise<CreateOutcome> {
  const { iid, title, sourceProjectPath } = event.mergeRequest;
  const project = event.project.path;
  const settings = await deps.settings({ forge: forgeName, project });
  const client = deps.forges.get(forgeName)?.client(project);
  if (settings === undefined || client === undefined)
    return { result: "nothing", why: "the project is no longer connected" };
  if (settings.forks !== "approve")
    return {
      result: "nothing",
      why: `merge request !${iid} is from a fork: set \`forks: approve\` for ${project} in slipway.yaml to let members have such ones built`,
    };
  if (client.mergeRequestRef(iid) === undefined)
    return {
      result: "nothing",
      why: `merge request !${iid} is from a fork, and this forge gives the project no ref of it: push its branch to ${project} to have it built`,
    };
  const id = await claimPipelineId(deps, forgeName, event);
  const existing = await deps.store.pipelines.get(id);
  if (existing !== undefined) return createPipelineFor(deps, forgeName, event, { id });
  const approval = await deps.store.approvals.ask({
    pipelineId: id,
    forge: forgeName,
    project,
    mergeRequestIid: iid,
    title,
    sourceProject: sourceProjectPath,
    sha: event.sha,
    event,
    askedAt: isoNow(deps),
  });
  if (approval.state === "approved") return buildApproved(deps, approval);
  await withdrawFork(deps, forgeName, event, id);
  const why = `Waits for approval: slipway approve ${id}`;
  await tell(deps, approval, event, "pending", why);
  return { result: "nothing", why };
}

/** Creates the approved pipeline, or finds that it exists. */
export async function buildApproved(
  deps: ServiceDeps,
  approval: Extract<Approval, { state: "approved" }>,
): Promise<CreateOutcome> {
  const { event } = approval;
  const outcome = await createPipelineFor(deps, approval.forge, event, {
    id: approval.pipelineId,
    remarks: [
      {
        severity: "warning",
        code: "approved-fork",
        message: `From the fork ${approval.sourceProject}, approved by ${approval.by}: its jobs get no secrets and push no images.`,
        path: "",
        file: "",
      },
    ],
  });
  if (outcome.result === "nothing") await tell(deps, approval, event, "skipped", outcome.why);
  return outcome;
}

/** Withdraws the open questions about other commits of the merge request, or about all of them. */
export async function withdrawFork(
  deps: Pick<Ports, "store">,
  forgeName: string,
  event: MergeRequestEvent,
  except?: number,
): Promise<void> {
  for (const waiting of await deps.store.approvals.listWaiting(mostWaiting)) {
    const isSame =
      isSameProject(waiting, { forge: forgeName, project: event.project.path }) &&
      waiting.mergeRequestIid === event.mergeRequest.iid;
    if (isSame && waiting.pipelineId !== except)
      await deps.store.approvals.withdraw(waiting.pipelineId);
  }
}

const mostWaiting = 1000;

/** After a permanent refusal the forge is not asked again. If the forge is unavailable, the delivery is handled again. */
async function tell(
  deps: Pick<Ports, "forges"> & Pick<Installation, "server"> & Pick<Host, "log">,
  approval: Approval,
  { mergeRequest }: MergeRequestEvent,
  state: CommitStatus["state"],
  description: string,
): Promise<void> {
  try {
    await deps.forges
      .get(approval.forge)
      ?.client(approval.project)
      .postStatus({
        sha: approval.sha,
        ref: mergeRequest.sourceBranch,
        context: mergeRequestContext,
        state,
        description: description.slice(0, 140),
        targetUrl: pipelineUrl(
          { server: deps.server, project: { path: approval.project } },
          approval.pipelineId,
        ),
        run: {
          pipelineId: approval.pipelineId,
          ...(state === "pending" && { waitsForPerson: true }),
        },
        fork: {
          sourceProjectId: mergeRequest.sourceProjectId,
          mergeRequestIid: approval.mergeRequestIid,
        },
      });
  } catch (error) {
    if (!(error instanceof ForgeError) || error.retryable) throw error;
    deps.log("warn", "the forge takes no status about an approval", {
      pipeline: approval.pipelineId,
      cause: error.message,
    });
  }
}
