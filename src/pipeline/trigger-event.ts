import type { MergeRequestFacts, ProjectFacts, UserFacts } from "#language/facts.ts";

/** What a forge said happened, in one form for all forges. */
export type TriggerEvent =
  | {
      readonly kind: "push" | "tag";
      readonly project: ForgeProject;
      /** `refs/heads/x` or `refs/tags/x`. */
      readonly ref: string;
      readonly before: string;
      /** The commit to build: never a tag object, unless `unresolved` says so. */
      readonly sha: string;
      readonly unresolved?: UnresolvedSha;
      readonly user: UserFacts;
      readonly pushOptions: readonly string[];
      /** Where the forge sent them; otherwise they are read when the pipeline is created. */
      readonly protected?: boolean;
      /** Nobody told of it: it was found by comparing refs. */
      readonly found?: true;
    }
  | {
      readonly kind: "branch_delete" | "tag_delete";
      readonly project: ForgeProject;
      readonly ref: string;
      readonly before: string;
      readonly user: UserFacts;
      readonly found?: true;
    }
  | {
      readonly kind: "merge_request";
      readonly project: ForgeProject;
      readonly ref: string;
      readonly before: string;
      readonly sha: string;
      readonly unresolved?: UnresolvedSha;
      readonly user: UserFacts;
      readonly action: "open" | "reopen" | "update" | "close" | "merge";
      readonly mergeRequest: MergeRequestFacts;
    }
  /** Somebody wants what a check shows to run again. */
  | {
      readonly kind: "rerun";
      readonly project: ForgeProject;
      readonly sha: string;
      /** Of the status that the check is. */
      readonly context: string;
      readonly pipelineId: number;
      readonly jobId?: number;
      readonly user: UserFacts;
    }
  | { readonly kind: "ignored"; readonly why: string };

/**
 * What `sha` is where the payload does not hold the commit's own: it may name a tag object, or be cut short.
 * `readCommit(sha)` gives the commit; nothing may be claimed or built before that.
 */
export type UnresolvedSha = "tag_object" | "abbreviated";

export type ForgeProject = Pick<
  ProjectFacts,
  "id" | "path" | "url" | "defaultBranch" | "visibility"
>;

export type MergeRequestEvent = Extract<TriggerEvent, { kind: "merge_request" }>;
