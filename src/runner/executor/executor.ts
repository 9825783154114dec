import type { JobResponse } from "../protocol.ts";
import type { RegistryLogin } from "../registry/login.ts";
import type { Settings } from "../settings.ts";
import type { Log } from "../trace/trace.ts";
import type { ShellScript } from "./shell-script.ts";
import type { JobPaths, ResolvedVariables } from "./variables.ts";
import type { Workspace } from "./workspace.ts";

export type JobContext = {
  readonly job: JobResponse;
  readonly settings: Settings;
  /** Which of the environment's places the job has: 0 to capacity - 1; no two running jobs share one. */
  readonly slot: number;
  readonly paths: JobPaths;
  readonly variables: ResolvedVariables;
  /** Present where the registry takes other logins than those the job knows. */
  readonly registryLogin?: RegistryLogin;
  /** A directory of this job alone, made and removed by the job's life; no container can write to it. */
  readonly directory: string;
};

export type ScriptRun = {
  readonly script: ShellScript;
  readonly log: Log;
  /** Aborted: every process is asked to end, and killed after `graceMilliseconds`. */
  readonly stop: AbortSignal;
  readonly graceMilliseconds: number;
};

/**
 * Runs a script in a new shell and resolves to its exit code once every process of it is gone. Rejects
 * with `JobFailure` where the place itself is broken. Files outside the project stay between runs.
 */
export type RunScript = (script: ScriptRun) => Promise<number>;

/** All that a job has of its environment. */
export type JobPlace = {
  /** Where its files lie. May be used before and while the place for scripts is prepared. */
  readonly workspace: Workspace;
  /** Makes the place where its scripts run, one after another. Rejects with `JobFailure`; called once. */
  readonly prepare: (log: Log, stop: AbortSignal) => Promise<RunScript>;
  /** Directories on whose file systems its files are, as the runner sees them. */
  readonly disks: () => readonly string[];
  /** Ends all that is left and removes it; never rejects, may be called at any time, even twice. */
  readonly close: () => Promise<void>;
};

/** How a job gets its place. */
export type Executor = {
  /** The builds directory of a slot, as the job sees it. */
  readonly builds: (slot: number) => string;
  /** Variables of GitLab Runner that depend on the executor. */
  readonly variables: Readonly<Record<string, string>>;
  /** Makes nothing yet. */
  readonly open: (context: JobContext) => JobPlace;
  /** Removes what an earlier runner of this environment left. */
  readonly removeLeftovers: () => Promise<void>;
  /** Removes everything of this environment; called when the runner leaves. */
  readonly close: () => Promise<void>;
};
