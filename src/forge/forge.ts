import type { CommitFacts, ProjectFacts } from "#language/facts.ts";
import type { CommitState } from "#pipeline/pipeline.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";

/** A request as it arrived: raw bytes first, nothing parsed. */
export type WebhookRequest = {
  readonly headers: Headers;
  readonly body: Uint8Array;
};

export type Verification =
  | { readonly authentic: true; readonly deliveryId: string }
  | { readonly authentic: false; readonly why: string };

/** The webhook side of a forge: pure, so that a forged request costs next to nothing. */
export type WebhookReader = {
  /**
   * Checks raw bytes against every secret that is valid now (several during a rotation). No secret is
   * never a pass. `now` is epoch milliseconds, for signed timestamps.
   */
  readonly verify: (
    request: WebhookRequest,
    secrets: readonly string[],
    now: number,
  ) => Promise<Verification>;
  /** Only after `verify`. Throws `MalformedPayload` where the body is not what the forge documents. */
  readonly parse: (request: WebhookRequest) => readonly TriggerEvent[];
};

export class MalformedPayload extends Error {
  override readonly name: string = "MalformedPayload";
}

/** Not even JSON. */
export class UnreadablePayload extends MalformedPayload {
  override readonly name = "UnreadablePayload";
}

/** The request to the forge failed or was refused. `retryable` says whether a later retry can help. */
export class ForgeError extends Error {
  override readonly name = "ForgeError";
  readonly retryable: boolean;
  /** HTTP status of the forge's answer, if there was one. */
  readonly status: number | undefined;
  /** How long the forge asked clients to wait. */
  readonly waitMilliseconds: number | undefined;
  constructor(
    message: string,
    options: {
      readonly retryable: boolean;
      readonly cause?: unknown;
      readonly status?: number | undefined;
      readonly waitMilliseconds?: number | undefined;
    },
  ) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
    this.status = options.status;
    this.waitMilliseconds = options.waitMilliseconds;
  }
}

/** The pipeline or job that a status is about, for forges that show more of it than the status. */
export type StatusRun = {
  readonly pipelineId: number;
  readonly jobId?: number;
  /** ISO 8601. */
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** The pipeline waits until a person approves it or plays a job. */
  readonly waitsForPerson?: true;
  /** A job failed that is allowed to fail. */
  readonly warns?: true;
};

export type CommitStatus = {
  readonly sha: string;
  /** Ref name, without `refs/heads/`. */
  readonly ref: string;
  readonly context: string;
  readonly state: CommitState;
  /** At most 140 characters. */
  readonly description: string;
  readonly targetUrl: string;
  readonly coverage?: number;
  readonly forgePipelineId?: number;
  readonly run?: StatusRun;
  /** The source project of a merge request from a fork, where some forges expect the status. */
  readonly fork?: { readonly sourceProjectId: number; readonly mergeRequestIid: number };
};

/**
 * The API side of a forge for one project. Calls may run side by side and be repeated; each throws
 * `ForgeError` when the forge cannot be asked. `undefined` always means "the forge says there is none".
 */
export type ForgeClient = {
  readonly readFile: (sha: string, path: string) => Promise<string | undefined>;
  /** All file paths of the tree at `sha`, sorted. */
  readonly listPaths: (sha: string) => Promise<readonly string[]>;
  /**
   * Paths that differ between two commits, or since `to` parted from the ref `from`; "unknown" where the forge
   * cannot say (lost history, too many), "no-such-ref" where `from` names none.
   */
  readonly changedPaths: (
    from: string,
    to: string,
  ) => Promise<readonly string[] | "unknown" | "no-such-ref">;
  /** Resolves a tag object's id to its commit, and a short id to the full one. */
  readonly readCommit: (sha: string) => Promise<Omit<CommitFacts, "beforeSha"> | undefined>;
  readonly readTagMessage: (tag: string) => Promise<string | undefined>;
  readonly readProject: () => Promise<ProjectFacts | undefined>;
  /**
   * Where the branch that a merge request goes into is now, and the commit at which the request's own parted
   * from it; "" for what the forge cannot say.
   */
  readonly readMergeBase: (request: {
    readonly iid: number;
    readonly targetBranch: string;
    readonly sha: string;
  }) => Promise<{ readonly targetSha: string; readonly diffBaseSha: string }>;
  /** Numbers of open merge requests from this branch into the project itself; four of them are enough. */
  readonly listOpenMergeRequests: (branch: string) => Promise<readonly number[]>;
  /** The project's ref for a merge request's commit. Undefined if the forge keeps none. */
  readonly mergeRequestRef: (iid: number) => string | undefined;
  /** Branches and tags with the commit each points to. */
  readonly listRefs: () => Promise<readonly { readonly ref: string; readonly sha: string }[]>;
  /**
   * Sets a commit status; resolves also where the forge says the status cannot move there any more.
   * Callers post only forward (pending, running, final).
   */
  readonly postStatus: (status: CommitStatus) => Promise<{ readonly forgePipelineId?: number }>;
  /** The clone URL and the credentials of a runner for one job. */
  readonly cloneAccess: (
    jobToken: string,
  ) => Promise<{ readonly url: string; readonly username: string; readonly password: string }>;
};

/** A delivery whose attempts have all failed. */
export type FailedDelivery = {
  /** As `WebhookReader.verify` names it. */
  readonly id: string;
  /** What `resend` takes. */
  readonly handle: string;
  readonly events: readonly TriggerEvent[];
};

/** A project's webhook as its forge sees it. */
export type HookReport = {
  readonly id: number;
  /** A `paused` hook resumes by itself. A `disabled` hook needs a person. */
  readonly state: "active" | "paused" | "disabled";
  /** What is wrong and what to do about it, for a person. */
  readonly hint?: string;
  /** Newest first, at most a few dozen. */
  readonly failed: readonly FailedDelivery[];
};

/**
 * The forge's own record of the deliveries it sent for one project. All calls make a bounded number of requests, are
 * idempotent, and throw `ForgeError` if the forge cannot be reached or refuses the token.
 */
export type SentDeliveries = {
  /**
   * The webhook whose address ends in `path`; undefined where there is none. `wanted` is asked before more is
   * read of a failed delivery.
   */
  readonly inspect: (
    path: string,
    wanted: (id: string) => Promise<boolean>,
  ) => Promise<HookReport | undefined>;
  /** Asks the forge to send the delivery again, under the same id. */
  readonly resend: (hookId: number, handle: string) => Promise<void>;
  /** For forges that turn hooks off: makes the forge try the hook, which turns it on again if the service answers. */
  readonly wake?: (hookId: number) => Promise<"awake" | "asleep">;
};

export type ForgeName = "local" | "gitlab" | "github" | "gitea" | "bitbucket";

export type Forge = {
  readonly name: ForgeName;
  readonly webhooks: WebhookReader;
  /** The client of one project (its path). */
  readonly client: (project: string) => ForgeClient;
  /** Absent if the forge keeps no list of sent deliveries. Then missed pushes are found by comparing refs only. */
  readonly sent?: (project: string) => SentDeliveries;
};
