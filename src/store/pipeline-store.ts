import type { RecordedEvent } from "#pipeline/history.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { Versioned } from "./written.ts";

export type PipelineSummary = Pick<
  Pipeline,
  "id" | "iid" | "forge" | "project" | "status" | "createdAt"
> & {
  readonly ref: string;
  readonly sha: string;
};

/**
 * What happened to a pipeline: a bounded list in the store's own form, which only `readHistory` needs to understand,
 * and the events that a save adds to it. Absent: the list was not begun when the pipeline was created, or there is
 * no room for it.
 */
export type History = {
  readonly stored?: Uint8Array;
  readonly added: readonly RecordedEvent[];
};

/** Oldest first. `isFull`: the list has no more room, so later events may be missing. */
export type RecordedHistory = {
  readonly events: readonly RecordedEvent[];
  readonly isFull: boolean;
};

export type StoredPipeline = Versioned<Pipeline> & { readonly history: History };

/** Pipelines. Every write is one conditional write of one item. */
export type PipelineStore = {
  /** Next id in the installation: unique, rising, may have gaps. */
  readonly nextId: () => Promise<number>;
  /** Next iid in a project. */
  readonly nextIid: (project: string) => Promise<number>;
  /**
   * Claims the semantic key (forge, project, kind, ref, sha, …) for a pipeline's id, or its iid. Returns the
   * number that holds it: the given one, or that of whoever came first.
   */
  readonly claim: (semanticKey: string, number: number) => Promise<number>;
  /** "exists" when a pipeline with this id is already there. */
  readonly create: (pipeline: Pipeline) => Promise<"created" | "exists">;
  readonly get: (id: number) => Promise<StoredPipeline | undefined>;
  /**
   * "conflict" when somebody else saved since `version` was read: load and decide again. Without a history the
   * stored one is dropped.
   */
  readonly save: (
    pipeline: Pipeline,
    version: number,
    history?: History,
  ) => Promise<"saved" | "conflict">;
  /** The stored events of a pipeline; undefined where there are none to be had. */
  readonly readHistory: (history: History) => Promise<RecordedHistory | undefined>;
  /** Newest first. */
  readonly list: (filter: {
    readonly project?: string;
    /** The branch, tag or merge request that the pipelines follow one another on (`historyRefOf`). */
    readonly ref?: string;
    readonly limit: number;
    /** Only pipelines with a lower id. */
    readonly before?: number;
  }) => Promise<readonly PipelineSummary[]>;
  /**
   * Ids of all pipelines with something unfinished: jobs, environments or statuses not yet posted. Not those that
   * can do nothing but wait for a place.
   */
  readonly listOpen: () => Promise<readonly number[]>;
  /** The oldest of those that can do nothing but wait for a place. */
  readonly listInLine: (limit: number) => Promise<readonly number[]>;
};
