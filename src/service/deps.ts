import type { Blobs } from "#blobs/blobs.ts";
import type { EnvironmentProvider, VerifyCaller } from "#environment/environment.ts";
import type { Forge } from "#forge/forge.ts";
import type { ServerFacts } from "#language/facts.ts";
import type { ProjectKey } from "#pipeline/project-key.ts";
import type { ProjectSettings } from "#project/settings.ts";
import type { Queue } from "#queue/queue.ts";
import type { Registry } from "#registry/registry.ts";
import type { Secrets } from "#secrets/secrets.ts";
import type { Store } from "#store/store.ts";

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Structured log: ids and causes, never bodies, tokens or variables. */
export type Log = (level: "info" | "warn" | "error", message: string, fields?: LogFields) => void;

/** What lies outside of the service, behind ports. */
export type Ports = {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly queue: Queue;
  readonly secrets: Secrets;
  readonly registry: Registry;
  readonly environments: EnvironmentProvider;
  /** Forge connections by name. */
  readonly forges: ReadonlyMap<string, Forge>;
  /** Checks whether a ticket is offered by its own environment. Absent if environments cannot prove their identity. */
  readonly verifyCaller?: VerifyCaller;
};

/** What this installation is, and what its operator decided. */
export type Installation = {
  readonly server: ServerFacts;
  /** Returns undefined for a project that is not connected. */
  readonly settings: (of: ProjectKey) => Promise<ProjectSettings | undefined>;
  /** The projects at forges other than the built-in git host. If absent, all projects that were seen before. */
  readonly connected?: () => Promise<readonly ProjectKey[]>;
  /** Text of the pipeline for repositories that have only a `Dockerfile`. */
  readonly builtInPipeline: string;
  /** Access tokens that are valid in addition to those in the store. Absent if all are in the store. */
  readonly accessTokens?: (how?: { readonly fresh?: boolean }) => Promise<readonly string[]>;
};

/** What the machine or function gives that runs the service. */
export type Host = {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** 32 random bytes, base64url. */
  readonly randomToken: () => string;
  /** Hex SHA-256, for secrets that are stored only as hashes. */
  readonly hash: (token: string) => string;
  /** Reads a text at a public address (`include:remote`). Absent if the host does not allow that. */
  readonly readRemoteFile?: (url: string) => Promise<string | { readonly refused: string }>;
  /**
   * Effects that need not be done before the caller is answered: a long-lived host goes on with them and
   * resolves at once, a Lambda function must wait for them.
   */
  readonly defer: (work: () => Promise<unknown>) => Promise<void>;
  readonly log: Log;
};

/** How those who wait hear of a change. */
export type Waiting = {
  /** Tells waiting runners and pages that a pipeline changed. */
  readonly announce: (pipelineId: number) => void;
  /** Resolves at the next announcement for the pipeline or after the given time, whichever comes first. */
  readonly waitForChange: (pipelineId: number, milliseconds: number) => Promise<void>;
  /** How long `jobs/request` may be held open; 0 answers at once (Lambda). */
  readonly holdMilliseconds: number;
};

/**
 * Everything a use case may touch, passed in by the host's composition root. A function that needs little takes a
 * `Pick` of the parts, so that its type says what it can touch.
 */
export type ServiceDeps = Ports & Installation & Host & Waiting;

export function isoNow(deps: Pick<Host, "now">): string {
  return new Date(deps.now()).toISOString();
}
