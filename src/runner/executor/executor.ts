import type { JobResponse } from "../protocol.ts";
import type { RegistryLogin } from "../registry/login.ts";
import type { Settings } from "../settings.ts";
import type { Log } from "../trace/trace.ts";
import type { ShellScript } from "./shell-script.ts";
import type { JobPaths, ResolvedVariables } from "./variables.ts";

export type JobContext = {
  readonly job: JobResponse;
  readonly settings: Settings;
  /** Which of the environment's places the job has: 0 to capacity - 1; no two running jobs share one. */
  readonly slot: number;
  readonly paths: JobPaths;
  readonly variables: ResolvedVariables;
  /** Present where the registry takes other logins than those the job knows. */
  readonly registryLogin?: RegistryLogin;
  /** A directory of this job alone, made and removed by the job's life. */
  readonly directory: string;
};

export type ScriptRun = {
  readonly script: ShellScript;
  readonly log: Log;
  /** Aborted: every process is asked to end, and killed after `graceMilliseconds`. */
  readonly stop: AbortSignal;
  readonly graceMilliseconds: number;
};

/** A place where a job's scripts run, one after another. */
export type PreparedJob = {
  /**
   * Runs a script in a new shell and resolves to its exit code once every process of it is gone. Rejects
   * with `JobFailure` where the place itself is broken. Files outside the project stay between runs.
   */
  readonly run: (script: ScriptRun) => Promise<number>;
  /** Makes the runner the owner of what the job's containers left; there is none where it already is. */
  readonly takeBack?: () => Promise<void>;
  /** Ends all that is left and removes it; never rejects, may be called at any time, even twice. */
  readonly close: () => Promise<void>;
};

/** How a job gets its place; `prepare` may run while the sources are fetched. */
export type Executor = {
  /** Where `JobContext.paths` lie for a slot. */
  readonly builds: (slot: number) => { readonly inside: string; readonly outside: string };
  /** Variables of GitLab Runner that depend on the executor. */
  readonly variables: Readonly<Record<string, string>>;
  /** Rejects with `JobFailure`; whatever was made by then is removed. */
  readonly prepare: (context: JobContext, log: Log, stop: AbortSignal) => Promise<PreparedJob>;
  /** Removes what an earlier runner of this environment left. */
  readonly removeLeftovers: () => Promise<void>;
  /** Removes everything of this environment; called when the runner leaves. */
  readonly close: () => Promise<void>;
};
