import type { CommitState } from "#pipeline/pipeline.ts";

/** Commit statuses of the built-in git host, which has no forge to keep them. */
export type StoredCommitStatus = {
  readonly project: string;
  readonly sha: string;
  readonly ref: string;
  readonly context: string;
  readonly state: CommitState;
  readonly description: string;
  readonly targetUrl: string;
  readonly updatedAt: string;
};

export type CommitStatusStore = {
  readonly put: (status: StoredCommitStatus) => Promise<void>;
  /** Latest per ref and context. */
  readonly list: (project: string, sha: string) => Promise<readonly StoredCommitStatus[]>;
};
