import { type CommitStatus, ForgeError } from "../forge.ts";
import { type ForgeHttp, readAnswer } from "../http/http.ts";
import { shorten } from "../http/text.ts";
import * as answers from "./answers.ts";

const longest = 255;

/**
 * Posts a commit status (GitLab Docs: Commits API). A fork's merge request shows only statuses of its source project,
 * where the token often has no rights. Then the status is posted to the target project, and as a last resort as a note.
 */
export async function postStatus(
  http: ForgeHttp,
  project: string,
  status: CommitStatus,
): Promise<{ readonly forgePipelineId?: number }> {
  if (status.fork === undefined) return post(http, encodeURIComponent(project), status);
  const source = status.fork.sourceProjectId;
  // Pipelines of two projects have different ids: the kept one is of the project that took the first.
  const attempts = [...(source > 0 ? [String(source)] : []), encodeURIComponent(project)];
  for (const target of attempts) {
    try {
      return await post(http, target, status);
    } catch (error) {
      if (!(error instanceof ForgeError) || error.retryable) throw error;
    }
  }
  await leaveNote(http, project, status, status.fork.mergeRequestIid);
  return {};
}

async function post(
  http: ForgeHttp,
  project: string,
  status: CommitStatus,
): Promise<{ readonly forgePipelineId?: number }> {
  const path = `/projects/${project}/statuses/${status.sha}`;
  const body = {
    state: status.state,
    ref: shorten(status.ref, longest),
    context: status.context,
    target_url: status.targetUrl.length > longest ? undefined : status.targetUrl,
    description: shorten(status.description, longest),
    coverage: status.coverage,
    pipeline_id: status.forgePipelineId,
  };
  const answer = await http({ method: "POST", path, body, expect: [400, 422] });
  if (answer.status === 400 && answer.text.includes("Cannot transition status")) {
    return status.forgePipelineId === undefined ? {} : { forgePipelineId: status.forgePipelineId };
  }
  if (answer.status === 422 && status.forgePipelineId !== undefined) {
    // That pipeline has reached GitLab's limit of jobs. Without its id, GitLab creates another one.
    const { forgePipelineId: _, ...rest } = status;
    return post(http, project, rest);
  }
  if (answer.status === 400 || answer.status === 422)
    throw new ForgeError(
      `GitLab refused the status of ${status.sha}: ${answer.text.slice(0, 200)}`,
      { retryable: false },
    );
  const { pipeline_id: id } = readAnswer(answers.status, answer, "a commit status");
  return typeof id === "number" ? { forgePipelineId: id } : {};
}

/** Only final results are posted as notes, one note each. */
async function leaveNote(
  http: ForgeHttp,
  project: string,
  status: CommitStatus,
  iid: number,
): Promise<void> {
  if (status.state === "pending" || status.state === "running") return;
  const body = `${status.context}: **${status.state}** for ${status.sha}: ${status.description}\n\n${status.targetUrl}`;
  const path = `/projects/${encodeURIComponent(project)}/merge_requests/${iid}/notes`;
  await http({ method: "POST", path, body: { body } });
}
