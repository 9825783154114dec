import type { Diagnostic } from "./diagnostic.ts";
import type { Variable } from "./variables.ts";

/** When a job runs once the jobs before it are done (GitLab `when`, without `never`). */
export type When = "on_success" | "on_failure" | "always" | "manual" | "delayed";

export type PullPolicy = "always" | "if-not-present" | "never";

export type ImageOptions = {
  readonly name: string;
  /** `[""]` clears the image's entrypoint. */
  readonly entrypoint?: readonly string[];
  readonly pullPolicy?: readonly PullPolicy[];
  readonly docker?: { readonly platform?: string; readonly user?: string };
};

export type ServiceOptions = ImageOptions & {
  /** As written: several aliases are separated by commas or spaces. */
  readonly alias?: string;
  readonly command?: readonly string[];
  readonly variables?: readonly Variable[];
};

/** One edge of the DAG, after matrix expansion: `job` is the name of a planned job. */
export type Need = {
  readonly job: string;
  readonly artifacts: boolean;
  readonly optional: boolean;
};

export type RetryPolicy = {
  /** 0 to 2 further attempts. */
  readonly max: number;
  /** Failure reasons; `always` covers all. Empty when only exit codes are given. */
  readonly when: readonly string[];
  readonly exitCodes: readonly number[];
};

export type ArtifactsOptions = {
  readonly name?: string;
  readonly paths: readonly string[];
  readonly exclude: readonly string[];
  readonly untracked: boolean;
  readonly when: "on_success" | "on_failure" | "always";
  /** As written, for example `1 week`; `never` keeps for ever. */
  readonly expireIn?: string;
  /** Report type (`dotenv`, `junit`, …) → paths. */
  readonly reports: Readonly<Record<string, readonly string[]>>;
};

export type CacheOptions = {
  readonly key: string;
  readonly keyFiles?: { readonly files: readonly string[]; readonly prefix?: string };
  readonly paths: readonly string[];
  readonly untracked: boolean;
  readonly policy: "pull-push" | "pull" | "push";
  readonly when: "on_success" | "on_failure" | "always";
  readonly fallbackKeys: readonly string[];
};

export type DeploymentEnvironment = {
  readonly name: string;
  readonly url?: string;
  readonly action: "start" | "prepare" | "stop" | "verify" | "access";
  readonly onStop?: string;
  readonly tier?: string;
};

export type TriggerOptions = {
  readonly include: readonly unknown[];
  readonly strategy?: "depend" | "mirror";
  readonly forwardYamlVariables: boolean;
  readonly forwardPipelineVariables: boolean;
};

/** A job that the conditions let in, everything resolved except what only the job's start can know. */
export type PlannedJob = {
  readonly name: string;
  readonly stage: string;
  readonly when: When;
  readonly startInSeconds?: number;
  readonly allowFailure: boolean;
  readonly allowFailureExitCodes?: readonly number[];
  /** Absent: the job waits for all earlier stages. Empty: it starts at once. */
  readonly needs?: readonly Need[];
  /** Absent: artifacts of all earlier stages (or of `needs`). */
  readonly dependencies?: readonly string[];
  readonly image?: ImageOptions;
  readonly services: readonly ServiceOptions[];
  /** `before_script` and `script`, flattened, in the order in which the shell runs them. */
  readonly script: readonly string[];
  readonly afterScript: readonly string[];
  readonly preGetSourcesScript: readonly string[];
  /** The job's own YAML variables: globals overlaid by the job's and by the matched rule's. Unexpanded. */
  readonly variables: readonly Variable[];
  readonly artifacts?: ArtifactsOptions;
  readonly cache: readonly CacheOptions[];
  readonly retry: RetryPolicy;
  readonly timeoutSeconds?: number;
  readonly interruptible: boolean;
  readonly resourceGroup?: string;
  readonly runnerTags: readonly string[];
  readonly deploymentEnvironment?: DeploymentEnvironment;
  readonly coverage?: string;
  readonly idTokens: Readonly<Record<string, readonly string[]>>;
  /** `CI_NODE_INDEX` (1-based) and `CI_NODE_TOTAL`. */
  readonly parallel?: { readonly index: number; readonly total: number };
  readonly manualConfirmation?: string;
  readonly trigger?: TriggerOptions;
  /** Index of the rule that let the job in, where it has rules. */
  readonly rulesMatched?: number;
};

/** All that is needed to run a pipeline: immutable, stored once as a blob. */
export type Plan = {
  /** Only stages with jobs, in order; `.pre` first, `.post` last. */
  readonly stages: readonly string[];
  readonly jobs: readonly PlannedJob[];
  /** `workflow:name`, expanded. */
  readonly name?: string;
  readonly autoCancel: {
    readonly onNewCommit: "conservative" | "interruptible" | "none";
    readonly onJobFailure: "all" | "none";
  };
};

/** `skipped`: `[skip ci]`. `filtered`: the conditions left nothing to run. `invalid`: see the errors. */
export type CompileResult =
  | { readonly status: "created"; readonly plan: Plan; readonly diagnostics: readonly Diagnostic[] }
  | { readonly status: "skipped"; readonly diagnostics: readonly Diagnostic[] }
  | {
      readonly status: "filtered";
      readonly reason: "filtered_by_workflow_rules" | "filtered_by_rules";
      readonly diagnostics: readonly Diagnostic[];
    }
  | { readonly status: "invalid"; readonly diagnostics: readonly Diagnostic[] };
