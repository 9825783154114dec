export type RefHistoryEntry = { readonly pipelineId: number; readonly sha: string };

/**
 * The pipelines that follow one another on a branch, a tag or a merge request (`historyRefOf`). Unlike lists, which
 * may lag behind by seconds, what was noted is read at once.
 */
export type RefHistoryStore = {
  /** Idempotent; the oldest of many are forgotten. */
  readonly note: (project: string, historyRef: string, entry: RefHistoryEntry) => Promise<void>;
  /** Newest first. */
  readonly read: (project: string, historyRef: string) => Promise<readonly RefHistoryEntry[]>;
};
