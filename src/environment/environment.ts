import type { ComputeSize, Executor } from "#pipeline/pipeline.ts";

/** All that starting an environment needs. Holds no secret but the ticket, which is worth nothing twice. */
export type EnvironmentSpec = {
  /** Names the environment everywhere: containers, networks, processes, CodeBuild idempotency token. */
  readonly id: string;
  readonly pipelineId: number;
  readonly project: string;
  readonly executor: Executor;
  /** Whether containers may be privileged; docker-in-docker needs it. */
  readonly privileged: boolean;
  /** Jobs its runner takes side by side. */
  readonly capacity: number;
  readonly runnerTags: readonly string[];
  /** What its runner tags ask for: the size of a machine that is hired, the most memory on one that is not. */
  readonly compute?: ComputeSize;
  readonly memoryBytes?: number;
  /** Base URL at which the runner reaches Slipway from inside, without trailing slash. */
  readonly apiUrl: string;
  /** Exchanged once, within minutes, for the environment token. */
  readonly ticket: string;
  /** The whole environment ends after this time. */
  readonly timeoutSeconds: number;
};

export type EnvironmentObservation =
  | { readonly state: "starting" | "running"; readonly handle: string }
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
  /** Starts it, or finds it already started. Resolves when the start is accepted, not when it runs. */
  readonly start: (spec: EnvironmentSpec) => Promise<{ readonly handle: string }>;
  readonly observe: (
    ids: readonly string[],
  ) => Promise<ReadonlyMap<string, EnvironmentObservation>>;
  /**
   * Ends it and removes every container, network, volume and process that belongs to it, also what a
   * killed runner left. Resolves when that is done; safe for an id that never existed.
   */
  readonly stop: (id: string) => Promise<void>;
  /** Ids of all environments that still have something here: for sweeping up after a crash. */
  readonly list: () => Promise<readonly string[]>;
};
