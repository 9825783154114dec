import * as z from "zod/mini";
import { pageAddress } from "#http/web-address.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import { checkPayload, refName, sha, shownEvent, zeroSha } from "../http/payload.ts";
import { account, forgeProject, repository, userFacts } from "./payload.ts";

// Pull request events as GitHub, Gitea and Forgejo send them; they differ in the names of some actions.

const side = z.looseObject({
  ref: refName,
  sha,
  repo: z.nullish(repository),
});

const pullRequest = z.looseObject({
  action: z.string(),
  number: z.int(),
  before: z.nullish(sha),
  pull_request: z.looseObject({
    id: z.nullish(z.int()),
    title: z.nullish(z.string()),
    body: z.nullish(z.string()),
    draft: z.nullish(z.boolean()),
    merged: z.nullish(z.boolean()),
    merge_base: z.nullish(z.string()),
    labels: z.nullish(z.array(z.looseObject({ name: z.string() }))),
    head: side,
    base: side,
  }),
  repository,
  sender: z.nullish(account),
});

type MergeRequestEvent = Extract<TriggerEvent, { kind: "merge_request" }>;

/** What a forge calls the actions that change which code is proposed, or that say it is ready. */
export type PullRequestActions = Readonly<Record<string, "open" | "reopen" | "update">>;

export function pullRequestEvent(payload: unknown, actions: PullRequestActions): TriggerEvent {
  const body = checkPayload(pullRequest, payload, "pull_request");
  const { head, base, ...request } = body.pull_request;
  const action = actionOf(body.action, request.merged === true, actions);
  if (action === undefined) {
    return {
      kind: "ignored",
      why: `pull request #${body.number}: nothing is built on the action "${shownEvent(body.action)}"`,
    };
  }
  return {
    kind: "merge_request",
    project: forgeProject(body.repository),
    ref: `refs/pull/${body.number}/head`,
    before: body.before ?? zeroSha,
    sha: head.sha,
    user: userFacts(body.sender),
    action,
    mergeRequest: {
      id: request.id ?? body.number,
      iid: body.number,
      title: request.title ?? "",
      description: request.body ?? "",
      sourceBranch: head.ref,
      sourceSha: head.sha,
      // The value is null after the fork was deleted. The merge request still counts as coming from a fork.
      sourceProjectId: head.repo?.id ?? 0,
      sourceProjectPath: head.repo?.full_name ?? "",
      sourceProjectUrl: pageAddress(head.repo?.html_url),
      targetBranch: base.ref,
      targetSha: "",
      diffBaseSha: z.safeParse(sha, request.merge_base).data ?? "",
      labels: (request.labels ?? []).map((label) => label.name),
      draft: request.draft ?? /^\s*(?:\[WIP\]|WIP:)/i.test(request.title ?? ""),
      fork: head.repo?.id !== (base.repo ?? body.repository).id,
    },
  };
}

function actionOf(
  action: string,
  merged: boolean,
  actions: PullRequestActions,
): MergeRequestEvent["action"] | undefined {
  if (action === "closed") return merged ? "merge" : "close";
  return Object.hasOwn(actions, action) ? actions[action] : undefined;
}
