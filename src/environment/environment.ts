import type { ComputeSize, Executor } from "#pipeline/pipeline.ts";

/** All that starting an environment needs. Holds no secret but the ticket, which is worth nothing twice. */
export type EnvironmentSpec = {
  /** Names the environment everywhere: containers, networks, processes, CodeBuild idempotency token. */
  readonly id: string;
  readonly pipelineId: number;
  readonly project: string;
  /** What its jobs may do with the project's images: jobs for forks' merge requests only pull. */
  readonly access: "push" | "pull";
  readonly executor: Executor;
  /** Whether containers may be privileged; docker-in-docker needs it. */
  readonly privileged: boolean;
  /** Whether its jobs may reach the metadata of the cloud that it runs in. Absent: no. */
  readonly allowMetadata?: boolean;
  /** Jobs its runner takes side by side. */
  readonly capacity: number;
  readonly runnerTags: readonly string[];
  /** What its runner tags ask for: the size of a machine that is hired, the most memory on one that is not. */
  readonly compute?: ComputeSize;
  readonly memoryBytes?: number;
  /** When it was first wanted (ISO 8601): long ago, an earlier start may have got through unnoticed. */
  readonly wantedAt?: string;
  /** Base URL at which the runner reaches Slipway from inside, without trailing slash. */
  readonly apiUrl: string;
  /** Exchanged once, within minutes, for the environment token. */
  readonly ticket: string;
  /** The whole environment ends after this time. */
  readonly timeoutSeconds: number;
};

/** Names an environment, with the handle that its start gave where that is known. */
export type EnvironmentRef = { readonly id: string; readonly handle?: string };

export type EnvironmentObservation =
  /** `waits`: it was accepted and waits for room until it can begin; why, for people. */
  | { readonly state: "starting"; readonly handle: string; readonly waits?: string }
  | { readonly state: "running"; readonly handle: string }
  /** `problem` is absent for a clean end. */
  | { readonly state: "ended"; readonly problem?: string }
  /** Never started, or cleaned up long ago. */
  | { readonly state: "unknown" };

/** The environment could not be started. `permanent`: starting again cannot help (bad setting, no permission). */
export class EnvironmentStartError extends Error {
  override readonly name = "EnvironmentStartError";
  readonly permanent: boolean;
  constructor(message: string, options: { permanent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.permanent = options.permanent;
  }
}

/** There is no capacity for the environment now. Nothing was started, and the same start may succeed later. */
export class EnvironmentWaitsError extends Error {
  override readonly name = "EnvironmentWaitsError";
}

/**
 * Starts, watches and stops environments. All calls are idempotent by `id`, may run side by side, and
 * may follow a crash of the caller at any point.
 */
export type EnvironmentProvider = {
  /**
   * Whether there is room to start this one now, on a machine that runs only so many at a time; a yes keeps its
   * place for a moment. Absent: there always is.
   */
  readonly hasRoomFor?: (id: string) => Promise<boolean>;
  /**
   * Starts it, or finds it already started. Resolves when the start is accepted, not when it runs. Rejects with
   * EnvironmentStartError or EnvironmentWaitsError.
   */
  readonly start: (spec: EnvironmentSpec) => Promise<{
    readonly handle: string;
    /** The size of the machine that was hired for it, where one is. */
    readonly compute?: ComputeSize;
  }>;
  /** Seconds that an accepted start may stand in the provider's own queue, beside the minutes that starting takes. */
  readonly queueSeconds?: number;
  /** By id; one without handle may cost more questions. */
  readonly observe: (
    environments: readonly EnvironmentRef[],
  ) => Promise<ReadonlyMap<string, EnvironmentObservation>>;
  /**
   * Ends it and removes every container, network, volume and process that belongs to it, also what a
   * killed runner left. Resolves when that is done; safe for an id that never existed.
   */
  readonly stop: (environment: EnvironmentRef) => Promise<void>;
  /** All environments that still have something here: for sweeping up after a crash. */
  readonly list: () => Promise<readonly EnvironmentRef[]>;
};

/** Who offers the ticket of an environment, by its own proof. */
export type CallerClaim = {
  readonly environmentId: string;
  /** The handle that the provider gave when the environment was started. */
  readonly handle: string;
  readonly project: string;
  readonly access: EnvironmentSpec["access"];
  /** The proof that came with the ticket. */
  readonly caller?: string;
};

/**
 * Says why the caller is not that very environment; undefined when it is. Rejects when that cannot be found out
 * now: asking again may help.
 */
export type VerifyCaller = (claim: CallerClaim) => Promise<string | undefined>;
