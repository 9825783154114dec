import * as z from "zod/mini";
import { pageAddress } from "#http/web-address.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import { forgeProject, project, userFacts } from "../gitlab-like/payload.ts";
import { checkPayload, isZeroSha, refName, sha, shownEvent, zeroSha } from "../http/payload.ts";

// Merge request events (GitLab Docs: Webhook events). Only what changes code, or ends the merge
// request, becomes an event.

const side = z.looseObject({
  path_with_namespace: z.nullish(z.string()),
  web_url: z.nullish(z.string()),
});

const mergeRequest = z.looseObject({
  project,
  user: z.nullish(
    z.looseObject({
      id: z.nullish(z.int()),
      name: z.nullish(z.string()),
      username: z.nullish(z.string()),
      email: z.nullish(z.string()),
    }),
  ),
  object_attributes: z.looseObject({
    id: z.nullish(z.int()),
    iid: z.int(),
    action: z.nullish(z.string()),
    oldrev: z.nullish(sha),
    title: z.nullish(z.string()),
    description: z.nullish(z.string()),
    source_branch: refName,
    target_branch: refName,
    source_project_id: z.nullish(z.int()),
    target_project_id: z.int(),
    source: z.nullish(side),
    last_commit: z.nullish(z.looseObject({ id: sha })),
    draft: z.nullish(z.boolean()),
    work_in_progress: z.nullish(z.boolean()),
  }),
  labels: z.nullish(z.array(z.looseObject({ title: z.string() }))),
});

type Attributes = z.infer<typeof mergeRequest>["object_attributes"];

/** The target's sha and the merge base are not in the payload: both stay empty until they are read. */
export function mergeRequestEvent(payload: unknown): TriggerEvent {
  const body = checkPayload(mergeRequest, payload, "merge_request");
  const attributes = body.object_attributes;
  const action = actionOf(attributes);
  if (action === undefined) return { kind: "ignored", why: ignoredBecause(attributes) };
  const head = attributes.last_commit?.id;
  if (head === undefined || isZeroSha(head))
    return { kind: "ignored", why: `merge request !${attributes.iid} has no commits` };
  return {
    kind: "merge_request",
    project: forgeProject(body.project, attributes.target_project_id),
    ref: `refs/merge-requests/${attributes.iid}/head`,
    before: attributes.oldrev ?? zeroSha,
    sha: head,
    user: userFacts(body.user ?? {}),
    action,
    mergeRequest: {
      id: attributes.id ?? attributes.iid,
      iid: attributes.iid,
      title: attributes.title ?? "",
      description: attributes.description ?? "",
      sourceBranch: attributes.source_branch,
      sourceSha: head,
      // The value is null after the fork was deleted. The merge request still counts as coming from a fork.
      sourceProjectId: attributes.source_project_id ?? 0,
      sourceProjectPath: attributes.source?.path_with_namespace ?? "",
      sourceProjectUrl: pageAddress(attributes.source?.web_url),
      targetBranch: attributes.target_branch,
      targetSha: "",
      diffBaseSha: "",
      labels: (body.labels ?? []).map((label) => label.title),
      draft: attributes.draft ?? attributes.work_in_progress ?? false,
      fork: attributes.source_project_id !== attributes.target_project_id,
    },
  };
}

function actionOf(
  attributes: Attributes,
): Extract<TriggerEvent, { kind: "merge_request" }>["action"] | undefined {
  switch (attributes.action) {
    case "open":
    case "reopen":
    case "close":
    case "merge":
      return attributes.action;
    case "update":
      // `oldrev` is there exactly when the code changed; a new title or label is an update too.
      return attributes.oldrev ? "update" : undefined;
    default:
      return undefined;
  }
}

function ignoredBecause({ action, iid }: Attributes): string {
  return action === "update"
    ? `merge request !${iid} was updated without new commits`
    : `merge request !${iid}: nothing is built on the action "${action ? shownEvent(action) : "(none)"}"`;
}
