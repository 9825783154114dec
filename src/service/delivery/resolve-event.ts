import type { ForgeClient } from "#forge/forge.ts";
import type { BuildableEvent } from "../configuration/facts.ts";

/**
 * The event with its commit's full sha, where the payload named a tag object or a shortened one; undefined
 * where no commit is there any more. Only then do two tellings of one push look alike.
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
