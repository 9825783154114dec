import * as z from "zod/mini";
import type { UserFacts } from "#language/facts.ts";
import type { ForgeProject, TriggerEvent } from "#pipeline/trigger-event.ts";
import { MalformedPayload } from "../forge.ts";
import { checkPayload, malformed, refName, sha, shownEvent, zeroSha } from "../http/payload.ts";
import { actor, forgeProject, idOf, pageOf, repository, userFacts } from "./payload.ts";

// Bitbucket Cloud: Event payloads.

const refState = z.looseObject({
  type: z.string(),
  name: refName,
  target: z.looseObject({ hash: sha, type: z.nullish(z.string()) }),
});

const change = z.looseObject({ old: z.nullish(refState), new: z.nullish(refState) });

const push = z.looseObject({
  push: z.looseObject({ changes: z.array(z.unknown()) }),
  repository,
  actor,
});

const side = z.looseObject({
  branch: z.looseObject({ name: refName }),
  commit: z.looseObject({ hash: z.string().check(z.regex(/^[0-9a-f]{12,64}$/)) }),
  repository: z.nullish(repository),
});

const pullRequest = z.looseObject({
  pullrequest: z.looseObject({
    id: z.int(),
    title: z.nullish(z.string()),
    description: z.nullish(z.string()),
    draft: z.nullish(z.boolean()),
    source: side,
    destination: side,
  }),
  repository,
  actor,
});

/** The events of one delivery: a push may change many refs. */
export function convertEvent(event: string, payload: unknown): readonly TriggerEvent[] {
  switch (event) {
    case "repo:push":
      return pushEvents(payload);
    case "pullrequest:created":
      return [pullRequestEvent(payload, event, "open")];
    case "pullrequest:updated":
      return [pullRequestEvent(payload, event, "update")];
    case "pullrequest:fulfilled":
      return [pullRequestEvent(payload, event, "merge")];
    case "pullrequest:rejected":
      return [pullRequestEvent(payload, event, "close")];
    default:
      return [{ kind: "ignored", why: `${shownEvent(event)} events start no pipeline` }];
  }
}

/** A change that cannot be read is reported and does not affect the others. */
function pushEvents(payload: unknown): readonly TriggerEvent[] {
  const body = checkPayload(push, payload, "repo:push");
  const common = { project: forgeProject(body.repository), user: userFacts(body.actor) };
  const results = body.push.changes.map((each) => readChange(each, common));
  const [first] = results;
  if (first instanceof MalformedPayload && results.every((each) => each instanceof Error))
    throw first;
  return results.map((each) =>
    each instanceof MalformedPayload ? { kind: "ignored", why: each.message } : each,
  );
}

type Common = { readonly project: ForgeProject; readonly user: UserFacts };

function readChange(payload: unknown, common: Common): TriggerEvent | MalformedPayload {
  const read = z.safeParse(change, payload);
  if (!read.success) return malformed(read.error, "repo:push");
  const { old, new: now } = read.data;
  const state = now ?? old;
  const before = old?.target.hash ?? zeroSha;
  if (state?.type !== "branch" && state?.type !== "tag")
    return { kind: "ignored", why: `a change of a ${shownEvent(state?.type ?? "missing ref")}` };
  const tag = state.type === "tag";
  const ref = `refs/${tag ? "tags" : "heads"}/${state.name}`;
  if (!now) return { kind: tag ? "tag_delete" : "branch_delete", ...common, ref, before };
  const { hash, type } = now.target;
  return {
    kind: tag ? "tag" : "push",
    ...common,
    ref,
    before,
    sha: hash,
    ...(type && type !== "commit" ? { unresolved: "tag_object" as const } : {}),
    pushOptions: [],
  };
}

/**
 * `pullrequest:updated` comes for new titles too, and says nothing about what changed: the commit decides
 * whether there is something new to build.
 */
function pullRequestEvent(
  payload: unknown,
  event: string,
  action: Extract<TriggerEvent, { kind: "merge_request" }>["action"],
): TriggerEvent {
  const body = checkPayload(pullRequest, payload, event);
  const { source, destination, ...request } = body.pullrequest;
  const head = source.commit.hash;
  return {
    kind: "merge_request",
    project: forgeProject(body.repository),
    // Bitbucket Cloud keeps no ref for it; this is the name that Bitbucket's server edition uses.
    ref: `refs/pull-requests/${request.id}/from`,
    before: zeroSha,
    sha: head,
    ...(z.safeParse(sha, head).success ? {} : { unresolved: "abbreviated" as const }),
    user: userFacts(body.actor),
    action,
    mergeRequest: {
      id: request.id,
      iid: request.id,
      title: request.title ?? "",
      description: request.description ?? "",
      sourceBranch: source.branch.name,
      sourceSha: head,
      // The value is null after the fork was deleted. The merge request still counts as coming from a fork.
      sourceProjectId: source.repository ? idOf(source.repository) : 0,
      sourceProjectPath: source.repository?.full_name ?? "",
      sourceProjectUrl: source.repository ? pageOf(source.repository) : "",
      targetBranch: destination.branch.name,
      targetSha: "",
      diffBaseSha: "",
      labels: [],
      draft: request.draft ?? false,
      fork:
        !source.repository ||
        idOf(source.repository) !== idOf(destination.repository ?? body.repository),
    },
  };
}
