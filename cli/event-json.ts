import type { TriggerEvent } from "#pipeline/trigger-event.ts";

/** One normalised event as programs read it: flat, in snake_case; the keys of what it does not have are left out. */
export function eventJson(event: TriggerEvent): Readonly<Record<string, unknown>> {
  if (event.kind === "ignored") return event;
  const { project, user } = event;
  return {
    kind: event.kind,
    project: project.path,
    project_id: project.id,
    project_url: project.url,
    visibility: project.visibility,
    default_branch: project.defaultBranch,
    ...("ref" in event ? { ref: event.ref, before: event.before } : {}),
    ...("sha" in event ? { sha: event.sha } : {}),
    ...("unresolved" in event ? { unresolved: event.unresolved } : {}),
    user: user.login,
    user_id: user.id,
    user_name: user.name,
    user_email: user.email,
    ...("pushOptions" in event ? { push_options: event.pushOptions } : {}),
    ...("protected" in event ? { protected: event.protected } : {}),
    ...(event.kind === "merge_request" ? mergeRequestJson(event) : {}),
    ...(event.kind === "rerun" ? { check: event.context, pipeline: event.pipelineId } : {}),
  };
}

function mergeRequestJson({
  action,
  mergeRequest,
}: Extract<TriggerEvent, { kind: "merge_request" }>): Readonly<Record<string, unknown>> {
  return {
    action,
    iid: mergeRequest.iid,
    title: mergeRequest.title,
    description: mergeRequest.description,
    source_branch: mergeRequest.sourceBranch,
    source_project: mergeRequest.sourceProjectPath,
    source_project_id: mergeRequest.sourceProjectId,
    target_branch: mergeRequest.targetBranch,
    labels: mergeRequest.labels,
    draft: mergeRequest.draft,
    fork: mergeRequest.fork,
  };
}
