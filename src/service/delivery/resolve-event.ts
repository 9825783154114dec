import type { ForgeClient } from "#forge/forge.ts";
import type { BuildableEvent } from "../configuration/facts.ts";

/**
 * Returns the event with the full sha of its commit if the payload named a tag object or a short sha, so that two
 * events about one push are equal. Returns undefined if the commit does not exist any more.
 */
export async function resolveEvent(
  client: ForgeClient,
  event: BuildableEvent,
): Promise<BuildableEvent | undefined> {
  if (event.unresolved === undefined) return event;
  const commit = await client.readCommit(event.sha);
  if (commit === undefined) return undefined;
  const { unresolved: _resolved, ...resolved } = { ...event, sha: commit.sha };
  return resolved.kind === "merge_request"
    ? { ...resolved, mergeRequest: { ...resolved.mergeRequest, sourceSha: commit.sha } }
    : resolved;
}
