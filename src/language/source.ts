import type { PipelineFacts } from "./facts.ts";
import type { Variable } from "./variables.ts";

/** A file of the project at the pipeline's sha, or undefined when there is none. */
export type ReadFile = (path: string) => Promise<string | undefined>;

/** What another project or server gives: undefined where there is no such file, or why this pipeline may not have it. */
export type FromProject<T> = T | undefined | { readonly refused: string };

/**
 * What the compiler may ask about the world. Every function may be slow and is asked only when the
 * configuration needs it; the language itself does no I/O.
 */
export type ConfigReader = {
  readonly local: ReadFile;
  /** All paths of the tree at the pipeline's sha (files only), for `exists` and include wildcards. */
  readonly paths: () => Promise<readonly string[]>;
  /**
   * Paths changed between what the pipeline is compared with and its sha. `compareTo` is a ref or sha
   * (`rules:changes:compare_to`); "no-such-ref" says that there is none of that name. "unknown" stands
   * for "all changed" (new branch, tag, lost history).
   */
  readonly changedPaths: (
    compareTo?: string,
  ) => Promise<readonly string[] | "unknown" | "no-such-ref">;
  /** Paths of another project's tree (`rules:exists:project`), or undefined where it may not be read. */
  readonly projectPaths?: (
    project: string,
    ref: string | undefined,
  ) => Promise<FromProject<readonly string[]>>;
  readonly project?: (
    project: string,
    ref: string | undefined,
    file: string,
  ) => Promise<FromProject<string>>;
  /** A text at a public address, or why it cannot be had. */
  readonly remote?: (url: string) => Promise<FromProject<string>>;
  readonly template?: (name: string) => Promise<string | undefined>;
  readonly component?: (address: string) => Promise<FromProject<string>>;
  /** A file in the artifacts of a job of the parent pipeline (`trigger:include:artifact`). */
  readonly artifact?: (job: string, path: string) => Promise<string | undefined>;
};

export type CompileRequest = {
  readonly text: string;
  /** Name shown in diagnostics, usually `.gitlab-ci.yml`. */
  readonly file: string;
  readonly facts: PipelineFacts;
  /** `CI_PIPELINE_IID`, which jobs may use in conditions and names. */
  readonly iid: number;
  /** Variables of this pipeline: push option, trigger, API. */
  readonly pipelineVariables: readonly Variable[];
  /** Variables of the project's settings that this ref may see. Secret values may be absent here. */
  readonly projectVariables: readonly Variable[];
  readonly reader: ConfigReader;
  /** Values for the file's own `spec:inputs`. */
  readonly inputs?: Readonly<Record<string, unknown>>;
};
