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

/** Everything a use case may touch, passed in by the host's composition root. */
export type ServiceDeps = {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly queue: Queue;
  readonly secrets: Secrets;
  readonly registry: Registry;
  readonly environments: EnvironmentProvider;
  /** Whether a ticket is offered by its own environment; absent where environments cannot prove who they are. */
  readonly verifyCaller?: VerifyCaller;
  /** Forge connections by name. */
  readonly forges: ReadonlyMap<string, Forge>;
  readonly server: ServerFacts;
  /** Undefined for a project nobody connected. */
  readonly settings: (of: ProjectKey) => Promise<ProjectSettings | undefined>;
  /** The projects at forges other than the built-in git host; absent: those that were seen once. */
  readonly connected?: () => Promise<readonly ProjectKey[]>;
  /** Text of the pipeline for repositories that have only a `Dockerfile`. */
  readonly builtInPipeline: string;
  /** Text at a public address (`include:remote`); absent where the host reads none. */
  readonly readRemoteFile?: (url: string) => Promise<string | undefined>;
  /** Access tokens that are valid now beside those in the store; absent where all are in the store. */
  readonly accessTokens?: (how?: { readonly fresh?: boolean }) => Promise<readonly string[]>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** 32 random bytes, base64url. */
  readonly randomToken: () => string;
  /** Hex SHA-256, for secrets that are stored only as hashes. */
  readonly hash: (token: string) => string;
  /** Tells waiting runners and pages that a pipeline changed. */
  readonly announce: (pipelineId: number) => void;
  /** Resolves at the next announcement for the pipeline, or after the time: which of the two does not matter. */
  readonly waitForChange: (pipelineId: number, milliseconds: number) => Promise<void>;
  /** How long `jobs/request` may be held open; 0 answers at once (Lambda). */
  readonly holdMilliseconds: number;
  /**
   * Effects that need not be done before the caller is answered: a long-lived host goes on with them and
   * resolves at once, a Lambda function must wait for them.
   */
  readonly defer: (work: () => Promise<unknown>) => Promise<void>;
  readonly log: Log;
};

export function isoNow(deps: Pick<ServiceDeps, "now">): string {
  return new Date(deps.now()).toISOString();
}
