// What is known about a push before its configuration is read: the source of all predefined variables.

export type PipelineSource =
  | "push"
  | "web"
  | "api"
  | "schedule"
  | "trigger"
  | "pipeline"
  | "parent_pipeline"
  | "merge_request_event"
  | "external_pull_request_event";

export type ProjectFacts = {
  readonly id: number;
  /** Full path with namespaces, as spelt on the forge: `group/sub/project`. */
  readonly path: string;
  readonly title: string;
  readonly description: string;
  readonly visibility: "private" | "internal" | "public";
  readonly defaultBranch: string;
  /** Page of the project, without trailing slash. */
  readonly url: string;
  readonly configPath: string;
};

export type CommitFacts = {
  readonly sha: string;
  /** 40 zeros for the first commit of a ref. */
  readonly beforeSha: string;
  readonly message: string;
  readonly authorName: string;
  readonly authorEmail: string;
  /** ISO 8601. */
  readonly timestamp: string;
};

export type UserFacts = {
  readonly id: number;
  readonly login: string;
  readonly name: string;
  readonly email: string;
};

export type MergeRequestFacts = {
  readonly id: number;
  readonly iid: number;
  readonly title: string;
  readonly description: string;
  readonly sourceBranch: string;
  readonly sourceSha: string;
  readonly sourceProjectId: number;
  readonly sourceProjectPath: string;
  readonly sourceProjectUrl: string;
  readonly targetBranch: string;
  readonly targetSha: string;
  readonly diffBaseSha: string;
  readonly labels: readonly string[];
  readonly draft: boolean;
  /** Whether the source is another project (a fork). */
  readonly fork: boolean;
};

export type ServerFacts = {
  /** Public base URL of the service, without trailing slash. */
  readonly url: string;
  readonly version: string;
  /** `host[:port]` of the container registry. */
  readonly registry: string;
};

export type PipelineFacts = {
  readonly source: PipelineSource;
  readonly project: ProjectFacts;
  readonly server: ServerFacts;
  /** Merge request pipelines: the source branch. */
  readonly ref: {
    readonly kind: "branch" | "tag";
    readonly name: string;
    readonly protected: boolean;
  };
  /** Message of an annotated tag. */
  readonly tagMessage?: string;
  readonly commit: CommitFacts;
  readonly user: UserFacts;
  readonly mergeRequest?: MergeRequestFacts;
  /** Iids of merge requests whose source is this branch, as `group/project!iid`. */
  readonly openMergeRequests?: readonly string[];
};

/** Known once a pipeline exists. */
export type PipelineIdentity = {
  readonly id: number;
  readonly iid: number;
  readonly url: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly name?: string;
};

/** Known once a runner has taken a job. */
export type JobIdentity = {
  readonly id: number;
  readonly url: string;
  readonly token: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly timeoutSeconds: number;
  readonly manual: boolean;
  readonly registryUser: string;
  readonly registryPassword: string;
  /** Clone URL with the job's credentials. */
  readonly repositoryUrl: string;
};
