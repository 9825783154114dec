import type { CommitState, Pipeline } from "#pipeline/pipeline.ts";
import type { Status } from "#pipeline/status.ts";
import type { LineStore } from "./line-store.ts";
import type { OldImageStore } from "./old-image-store.ts";
import type { PlaceStore } from "./place-store.ts";
import type { StatusTurnStore } from "./status-turn-store.ts";

/** A saved thing and the version that the next write must name. */
export type Versioned<T> = { readonly value: T; readonly version: number };

/** The store cannot hold a thing of this size in one item; nothing was written. */
export class ItemTooLarge extends Error {
  override readonly name = "ItemTooLarge";
  readonly what: string;
  readonly sizeBytes: number;
  readonly limitBytes: number;

  constructor(what: string, sizeBytes: number, limitBytes: number) {
    super(
      `${what} needs ${Math.ceil(sizeBytes / 1024)} KB of state, and one item holds at most ` +
        `${Math.floor(limitBytes / 1024)} KB: use fewer jobs, shorter names or smaller variables.`,
    );
    this.what = what;
    this.sizeBytes = sizeBytes;
    this.limitBytes = limitBytes;
  }
}

export type PipelineSummary = Pick<
  Pipeline,
  "id" | "iid" | "forge" | "project" | "status" | "createdAt"
> & {
  readonly ref: string;
  readonly sha: string;
};

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
  readonly get: (id: number) => Promise<Versioned<Pipeline> | undefined>;
  /** "conflict" when somebody else saved since `version` was read: load and decide again. */
  readonly save: (pipeline: Pipeline, version: number) => Promise<"saved" | "conflict">;
  /** Newest first. */
  readonly list: (filter: {
    readonly project?: string;
    /** A branch's name, or the line of a tag or merge request (`lineOf`). */
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

export type Delivery = {
  readonly forge: string;
  readonly project: string;
  readonly id: string;
  readonly receivedAt: string;
  readonly state: "received" | "queued" | "done";
  /** The normalised events as JSON: a message only names the delivery, and a lost one can be sent again. */
  readonly events: string;
  /** What became of it, for people: pipeline ids, or why nothing was done. */
  readonly outcome?: string;
  readonly queuedAt?: string;
  readonly doneAt?: string;
};

export type DeliveryStore = {
  /** Stores it as `received`, or returns the one that is there. */
  readonly put: (delivery: Delivery) => Promise<Delivery>;
  readonly get: (forge: string, project: string, id: string) => Promise<Delivery | undefined>;
  /** Only forward: received, queued, done. */
  readonly mark: (delivery: Delivery, state: "queued" | "done", outcome?: string) => Promise<void>;
  /** What became of one that is done when it was handled once more. */
  readonly setOutcome: (delivery: Delivery, outcome: string) => Promise<void>;
  /** Newest first. */
  readonly list: (limit: number) => Promise<readonly Delivery[]>;
  /** Those that are not `done`, oldest first: for the sweep. */
  readonly listUnfinished: () => Promise<readonly Delivery[]>;
};

/** What a bearer secret stands for. Only its hash is stored. */
export type TokenGrant =
  | {
      readonly kind: "ticket";
      readonly environmentId: string;
      readonly pipelineId: number;
      readonly expiresAt: string;
    }
  | {
      readonly kind: "environment";
      readonly environmentId: string;
      readonly pipelineId: number;
      readonly expiresAt: string;
    }
  /** May pull and push the project's repositories while its job runs. */
  | {
      readonly kind: "job";
      readonly jobId: number;
      readonly pipelineId: number;
      readonly project: string;
      readonly canPush: boolean;
      readonly expiresAt: string;
    }
  /** A person or a server: `access` may use the API and git, `deploy` only pulls. */
  | {
      readonly kind: "access" | "deploy";
      readonly name: string;
      readonly project?: string;
      readonly expiresAt?: string;
    };

export type TokenStore = {
  readonly put: (tokenHash: string, grant: TokenGrant) => Promise<void>;
  /** Undefined also for an expired one. */
  readonly get: (tokenHash: string, now: string) => Promise<TokenGrant | undefined>;
  /** Takes a token out for good: exactly one caller gets the grant, every other one is told what it was. */
  readonly spend: (
    tokenHash: string,
    now: string,
  ) => Promise<TokenGrant | { readonly kind: "spent"; readonly grant: TokenGrant } | "unknown">;
  readonly revoke: (tokenHash: string) => Promise<void>;
};

/** A project as first seen by a push, or as `slipway.yaml` connects it. */
export type StoredProject = {
  readonly id: number;
  readonly forge: string;
  readonly path: string;
  readonly createdAt: string;
};

export type ProjectStore = {
  /** Finds it, or creates it with the next id. */
  readonly ensure: (forge: string, path: string, now: string) => Promise<StoredProject>;
  readonly get: (forge: string, path: string) => Promise<StoredProject | undefined>;
  readonly list: () => Promise<readonly StoredProject[]>;
  /** The sha at which a ref was last handled. */
  readonly seenRef: (forge: string, path: string, ref: string) => Promise<string | undefined>;
  /** Ref → sha as last handled, for the sweep that finds lost pushes. May lag behind. */
  readonly seenRefs: (forge: string, path: string) => Promise<Readonly<Record<string, string>>>;
  /** `sha` undefined forgets the ref. */
  readonly setSeenRef: (
    forge: string,
    path: string,
    ref: string,
    sha: string | undefined,
  ) => Promise<void>;
};

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

/** Turns of a `resource_group`: one job at a time holds it, the others wait in order of asking. */
export type ResourceStore = {
  /** "acquired" when the job holds it now (also if it already did). */
  readonly acquire: (
    project: string,
    group: string,
    jobId: number,
  ) => Promise<"acquired" | "waiting">;
  /** Gives it up, or leaves the waiting line. Returns the job that holds it now, if any. */
  readonly release: (project: string, group: string, jobId: number) => Promise<number | undefined>;
  /** The job that holds it now: who waits sees to it that the holder is still at work. */
  readonly holder: (project: string, group: string) => Promise<number | undefined>;
};

/** What one job did to an environment of its project; one record per job, whatever becomes of it. */
export type Deployment = {
  readonly jobId: number;
  readonly jobName: string;
  readonly pipelineId: number;
  readonly action: "start" | "stop";
  readonly status: Status;
  readonly ref: string;
  readonly sha: string;
  /** Who started the job: by the push, or by playing it. */
  readonly by: string;
  readonly url?: string;
  /** The job that stops the environment (`on_stop`). */
  readonly onStop?: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
};

/** A deployment environment (`environment:`) of a project, as its jobs left it. */
export type DeployedEnvironment = {
  readonly name: string;
  readonly slug: string;
  readonly tier: string;
  /** Newest first; older ones are forgotten. */
  readonly deployments: readonly Deployment[];
};

export type DeploymentStore = {
  /** Notes the deployment in its environment, which it makes where there is none. Idempotent by job. */
  readonly record: (
    project: string,
    environment: Omit<DeployedEnvironment, "deployments">,
    deployment: Deployment,
  ) => Promise<void>;
  /** By name. */
  readonly list: (project: string) => Promise<readonly DeployedEnvironment[]>;
};

/** Leave for one commit of a fork's merge request to be built, asked of the project's members. */
export type Approval = {
  /** Of the pipeline that is made once somebody approves; nothing else has this id. */
  readonly pipelineId: number;
  readonly forge: string;
  readonly project: string;
  readonly mergeRequestIid: number;
  readonly title: string;
  /** The fork, and the commit that a yes is about. */
  readonly sourceProject: string;
  readonly sha: string;
  /** The merge request event as JSON. */
  readonly event: string;
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

export type Store = {
  readonly pipelines: PipelineStore;
  readonly lines: LineStore;
  readonly places: PlaceStore;
  readonly approvals: ApprovalStore;
  readonly deliveries: DeliveryStore;
  readonly tokens: TokenStore;
  readonly projects: ProjectStore;
  readonly commitStatuses: CommitStatusStore;
  readonly resources: ResourceStore;
  readonly deployments: DeploymentStore;
  readonly statusTurns: StatusTurnStore;
  readonly oldImages: OldImageStore;
};
