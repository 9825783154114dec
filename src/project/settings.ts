import type { PullPolicy } from "#language/plan.ts";
import type { ComputeSize, Executor } from "#pipeline/pipeline.ts";
import type { RunnerSizes } from "./runner-size.ts";

/** A CI/CD variable of a project's settings. A secret is named here, never written here. */
export type ProjectVariable = {
  readonly key: string;
  readonly value: { readonly plain: string } | { readonly secret: string };
  readonly masked: boolean;
  /** Only pipelines of protected refs get it. */
  readonly protected: boolean;
  readonly file: boolean;
  readonly raw: boolean;
  /** Deployment environments that get it, with `*` as wildcard. */
  readonly environmentScope: string;
};

export const pullPolicies = [
  "always",
  "if-not-present",
  "never",
] as const satisfies readonly PullPolicy[];

/** What an operator decides about one project. */
export type ProjectSettings = {
  readonly path: string;
  /** Name of the forge connection. */
  readonly forge: string;
  readonly executor: Executor;
  /** Whether environments may be privileged; without it docker-in-docker jobs have no engine. */
  readonly privileged: boolean;
  /** Jobs side by side in a shared environment (docker-socket). */
  readonly capacity: number;
  /** Most environments of one pipeline at a time. */
  readonly maxEnvironments: number;
  readonly jobTimeoutSeconds: number;
  readonly configPath: string;
  /** Patterns of branch names with `*`; the default branch is always protected. */
  readonly protectedBranches: readonly string[];
  /** Patterns of tag names with `*`; no tag is protected by itself. */
  readonly protectedTags: readonly string[];
  readonly registry: boolean;
  /** Projects that may include its files and components, with `*` as wildcard. */
  readonly shareCiConfig?: readonly string[];
  /** The `pull_policy` that its jobs may name; absent: all. */
  readonly allowedPullPolicies?: readonly PullPolicy[];
  /** Whether its jobs may reach the metadata, and so the credentials, of the cloud that they run in. Absent: no. */
  readonly allowMetadata?: boolean;
  /** What becomes of merge requests from forks: nothing, or what a member approves. Absent: off. */
  readonly forks?: "off" | "approve";
  /** All artifacts of one job together. */
  readonly maxArtifactsBytes: number;
  /** One cache. */
  readonly maxCacheBytes: number;
  /** All caches of protected refs together, and as much again for those of the others. */
  readonly maxProjectCachesBytes: number;
  /** Most output of one job's script that its log keeps. */
  readonly maxLogBytes: number;
  readonly variables: readonly ProjectVariable[];
  /** What a commit has a status for: the pipeline (the default), or each of its jobs too. */
  readonly statuses?: "pipeline" | "jobs";
  /** How long a deleted branch's image tag stays; a week unless given. */
  readonly imageGraceSeconds?: number | "never";
  /** How large the environments of jobs with these runner tags are; other tags change nothing. */
  readonly runnerSizes?: RunnerSizes;
  /** On AWS: the size of a Docker server of its own, which keeps layers between builds. */
  readonly dockerServer?: ComputeSize;
};
