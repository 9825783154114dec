import * as z from "zod/mini";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import { account, forgeProject, pushEvent, repository, userFacts } from "../github-like/payload.ts";
import { pullRequestEvent } from "../github-like/pull-request.ts";
import { checkPayload, refName, sha, shownEvent, zeroSha } from "../http/payload.ts";

// Gitea Docs: Webhooks; Forgejo Docs: Webhooks. A new branch or tag sends `create` and `push`, a deleted
// branch `delete` only: all are read, and two that mean the same are one pipeline by what they build.

const actions = { opened: "open", reopened: "reopen", synchronized: "update" } as const;

const refEvent = z.looseObject({
  ref: refName,
  ref_type: z.enum(["branch", "tag"]),
  repository,
  sender: z.nullish(account),
});

const createEvent = z.extend(refEvent, { sha });

/** The event of one delivery, by the name that Gitea gives it. */
export function convertEvent(event: string, payload: unknown): TriggerEvent {
  switch (event) {
    case "push":
      return pushEvent(payload);
    case "create":
      return created(payload);
    case "delete":
      return deleted(payload);
    case "pull_request":
    case "pull_request_sync":
      return pullRequestEvent(payload, actions);
    default:
      return { kind: "ignored", why: `${shownEvent(event)} events start no pipeline` };
  }
}

function created(payload: unknown): TriggerEvent {
  const body = checkPayload(createEvent, payload, "create");
  const common = { ...refOf(body), sha: body.sha, pushOptions: [] };
  return body.ref_type === "branch"
    ? { kind: "push", ...common }
    : { kind: "tag", ...common, unresolved: "tag_object" };
}

function deleted(payload: unknown): TriggerEvent {
  const body = checkPayload(refEvent, payload, "delete");
  return { kind: body.ref_type === "branch" ? "branch_delete" : "tag_delete", ...refOf(body) };
}

function refOf(body: z.infer<typeof refEvent>) {
  const prefix = body.ref_type === "branch" ? "refs/heads/" : "refs/tags/";
  return {
    project: forgeProject(body.repository),
    ref: body.ref.startsWith(prefix) ? body.ref : `${prefix}${body.ref}`,
    before: zeroSha,
    user: userFacts(body.sender),
  };
}
