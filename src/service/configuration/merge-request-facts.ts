import { type ForgeClient, ForgeError } from "#forge/forge.ts";
import type { MergeRequestFacts } from "#language/facts.ts";
import type { Host } from "../deps.ts";

/** Adds the target's commit and the merge base, which most payloads lack. Unknown values stay "". */
export async function withMergeBase(
  deps: Pick<Host, "log">,
  client: ForgeClient,
  request: MergeRequestFacts,
): Promise<MergeRequestFacts> {
  if (request.targetSha !== "" && request.diffBaseSha !== "") return request;
  const { iid, targetBranch, sourceSha: sha } = request;
  const unknown = { targetSha: "", diffBaseSha: "" };
  const found = await unlessRefused(deps, "the merge base of a merge request", unknown, () =>
    client.readMergeBase({ iid, targetBranch, sha }),
  );
  return {
    ...request,
    targetSha: request.targetSha || found.targetSha,
    diffBaseSha: request.diffBaseSha || found.diffBaseSha,
  };
}

/** What `CI_OPEN_MERGE_REQUESTS` names for a branch: `group/project!7`. */
export async function openMergeRequests(
  deps: Pick<Host, "log">,
  client: ForgeClient,
  project: string,
  branch: string,
): Promise<readonly string[]> {
  const iids = await unlessRefused(deps, "a branch's open merge requests", [], () =>
    client.listOpenMergeRequests(branch),
  );
  return iids.map((iid) => `${project}!${iid}`);
}

/** A token without that right does not prevent building. If the forge is unavailable, the whole delivery is retried. */
async function unlessRefused<T>(
  { log }: Pick<Host, "log">,
  what: string,
  otherwise: T,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ForgeError) || error.retryable) throw error;
    log("warn", `the forge does not tell ${what}`, { cause: error.message });
    return otherwise;
  }
}
