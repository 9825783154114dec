import type { ProjectKey } from "#pipeline/project-key.ts";
import type { MergeRequestEvent } from "#pipeline/trigger-event.ts";

/** Leave for one commit of a fork's merge request to be built, asked of the project's members. */
export type Approval = ProjectKey & {
  /** Of the pipeline that is made once somebody approves; nothing else has this id. */
  readonly pipelineId: number;
  readonly mergeRequestIid: number;
  readonly title: string;
  /** The fork, and the commit that a yes is about. */
  readonly sourceProject: string;
  readonly sha: string;
  readonly event: MergeRequestEvent;
  readonly askedAt: string;
} & (
    | { readonly state: "waiting" }
    | { readonly state: "approved"; readonly by: string; readonly approvedAt: string }
  );

export type ApprovalStore = {
  /** Keeps the question, or returns the one that is there, with its answer. */
  readonly ask: (approval: Omit<Approval, "state" | "by" | "approvedAt">) => Promise<Approval>;
  readonly get: (pipelineId: number) => Promise<Approval | undefined>;
  /** The first who approves is kept; undefined where nothing was asked. */
  readonly approve: (pipelineId: number, by: string, at: string) => Promise<Approval | undefined>;
  /** Takes back a question that nobody has answered. */
  readonly withdraw: (pipelineId: number) => Promise<void>;
  /** Newest first. */
  readonly listWaiting: (limit: number) => Promise<readonly Approval[]>;
};
