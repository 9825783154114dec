import type { ForgeClient } from "./forge.ts";
import { isSha } from "./git/git-objects.ts";

/** What a forge's client knows about merge requests. */
export type MergeRequestReader = Pick<
  ForgeClient,
  "mergeRequestRef" | "readMergeBase" | "listOpenMergeRequests"
>;

/** GitLab names no more in `CI_OPEN_MERGE_REQUESTS`. */
export const mostOpenMergeRequests = 4;

/** Returns a full commit id, or "" for any other value. */
export function onlySha(text: string | null | undefined): string {
  return text && isSha(text) ? text : "";
}
