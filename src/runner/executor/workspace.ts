import type { Log } from "../trace/trace.ts";
import type { VariableFile } from "./variables.ts";

/** How sources are fetched. GitLab Docs: "Configuring runners", git strategy and its relatives. */
export type CheckoutOptions = {
  readonly strategy: "fetch" | "clone" | "none" | "empty";
  readonly checkout: boolean;
  readonly cleanFlags?: readonly string[];
  readonly fetchFlags: readonly string[];
  readonly submodules: "none" | "normal" | "recursive";
  readonly submoduleFlags: readonly string[];
  readonly submoduleDepth: number;
  readonly submodulePaths: readonly string[];
  readonly attempts: number;
  /** 0 is the whole history. */
  readonly depth: number;
};

export type SourcesRequest = {
  /** With credentials. */
  readonly repoUrl: string;
  readonly sha: string;
  readonly ref: string;
  readonly refspecs: readonly string[];
  readonly options: CheckoutOptions;
  /** Environment variables that git may see. */
  readonly variables: Readonly<Record<string, string>>;
  /** Whether `untracked` files will be asked for. */
  readonly wantsTracked: boolean;
};

export type PackRequest = {
  /** `gzip`: plain files only, one after the other. */
  readonly format: "zip" | "gzip";
  /** 0 to 9. */
  readonly level: number;
  readonly paths: readonly string[];
  readonly exclude: readonly string[];
  /** Present where the files are wanted that git does not track at this commit. */
  readonly untracked?: { readonly sha: string; readonly strategy: CheckoutOptions["strategy"] };
};

/**
 * The directories that a job, its hooks and its services write to, and all that the runner does there. Who
 * implements it decides with whose rights that is: those of the job's containers, or, for `shell`, the
 * runner's own, which the job has too. One call at a time.
 */
export type Workspace = {
  /** Makes the job's directories and the files of its variables; what an earlier job put in their way is removed. */
  readonly prepare: (files: readonly VariableFile[], signal: AbortSignal) => Promise<void>;
  /** Rejects with `JobFailure` where the sources cannot be fetched. */
  readonly getSources: (request: SourcesRequest, log: Log, signal: AbortSignal) => Promise<void>;
  /** Unpacks an archive, a file of the runner's, into the project and gives the number of its entries. */
  readonly unpack: (archive: string, signal: AbortSignal) => Promise<number>;
  /** Packs files of the project into `target`, a file of the runner's. Gives its size, or undefined if nothing was found. */
  readonly pack: (
    request: PackRequest,
    target: string,
    log: Log,
    signal: AbortSignal,
  ) => Promise<number | undefined>;
  /** Nothing is wanted for a while, and then only if `more` says so. */
  readonly rest: (more: boolean) => void;
  /** Removes all files of the job, as its disk is full. Never rejects. */
  readonly discard: () => Promise<void>;
  readonly close: () => Promise<void>;
};
