import type { ForgeClient } from "#forge/forge.ts";
import { defined } from "#language/defined.ts";
import type { PipelineFacts } from "#language/facts.ts";
import { branchHistoryRef, mergeRequestHistoryRef, tagHistoryRef } from "#pipeline/history-ref.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";
import type { ProjectSettings } from "#project/settings.ts";
import type { Host, Installation } from "../deps.ts";
import { openMergeRequests, withMergeBase } from "./merge-request-facts.ts";

export type BuildableEvent = Extract<TriggerEvent, { kind: "push" | "tag" | "merge_request" }>;

export function refNameOf(event: BuildableEvent): string {
  return event.kind === "merge_request"
    ? event.mergeRequest.sourceBranch
    : event.ref.replace(/^refs\/(heads|tags)\//, "");
}

/** What `historyRefOf` will be of the event's pipeline. */
export function historyRefOfEvent(event: BuildableEvent): string {
  if (event.kind === "merge_request") return mergeRequestHistoryRef(event.mergeRequest.iid);
  const name = refNameOf(event);
  return event.kind === "tag" ? tagHistoryRef(name) : branchHistoryRef(name);
}

/** Collects the facts for the predefined variables. Returns undefined if the commit does not exist any more. */
export async function collectFacts(
  deps: Pick<Installation, "server"> & Pick<Host, "log">,
  settings: ProjectSettings,
  client: ForgeClient,
  event: BuildableEvent,
): Promise<PipelineFacts | undefined> {
  const name = refNameOf(event);
  const kind = event.kind === "tag" ? "tag" : "branch";
  const [commit, project, tagMessage, mergeRequest, open] = await Promise.all([
    client.readCommit(event.sha),
    client.readProject(),
    kind === "tag" ? client.readTagMessage(name) : undefined,
    event.kind === "merge_request" ? withMergeBase(deps, client, event.mergeRequest) : undefined,
    event.kind === "push" ? openMergeRequests(deps, client, event.project.path, name) : [],
  ]);
  if (commit === undefined || project === undefined) return undefined;
  const isProtected =
    event.kind !== "merge_request" &&
    (event.protected ?? isProtectedRef({ kind, name }, project.defaultBranch, settings));
  return {
    source: event.kind === "merge_request" ? "merge_request_event" : "push",
    project: { ...project, configPath: settings.configPath },
    server: deps.server,
    ref: { kind, name, protected: isProtected },
    ...defined({ tagMessage }),
    commit: {
      ...commit,
      beforeSha: event.kind === "merge_request" ? "0".repeat(40) : event.before,
    },
    user: event.user,
    ...defined({ mergeRequest }),
    ...(open.length === 0 ? {} : { openMergeRequests: open }),
  };
}

/** Merge requests from forks may read, never write. */
export function isFromFork({ mergeRequest }: Pick<PipelineFacts, "mergeRequest">): boolean {
  return mergeRequest?.fork === true;
}

/**
 * The default branch is always protected; patterns know `*` only. Branches and tags are apart, as GitLab's protected
 * branches and protected tags are: whoever may create a tag can give it a protected branch's name.
 */
export function isProtectedRef(
  { kind, name }: Pick<PipelineFacts["ref"], "kind" | "name">,
  defaultBranch: string,
  settings: Pick<ProjectSettings, "protectedBranches" | "protectedTags">,
): boolean {
  const patterns = kind === "tag" ? settings.protectedTags : settings.protectedBranches;
  const isDefault = kind === "branch" && name === defaultBranch;
  return isDefault || patterns.some((pattern) => matchesWildcard(pattern, name));
}

/** Wildcard match without backtracking: `*` stands for any characters. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === text;
  if (!text.startsWith(first)) return false;
  let position = first.length;
  const last = rest.pop() ?? "";
  for (const part of rest) {
    const found = text.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return text.length - last.length >= position && text.endsWith(last);
}
