export type LineEntry = { readonly pipelineId: number; readonly sha: string };

/**
 * The pipelines that follow one another on a branch, a tag or a merge request. Unlike lists, which may lag behind
 * by seconds, what was noted is read at once.
 */
export type LineStore = {
  /** Idempotent; the oldest of many are forgotten. */
  readonly note: (project: string, line: string, entry: LineEntry) => Promise<void>;
  /** Newest first. */
  readonly read: (project: string, line: string) => Promise<readonly LineEntry[]>;
};
