/** GitLab Runner's API v4, as far as Slipway speaks it. Field names are GitLab's. */
export type JobVariable = {
  key: string;
  value: string;
  public: boolean;
  file: boolean;
  masked: boolean;
  raw: boolean;
};

export type JobImage = {
  name: string;
  entrypoint?: string[];
  pull_policy?: ("always" | "if-not-present" | "never")[];
  executor_opts?: { docker?: { platform?: string; user?: string } };
};

export type JobService = JobImage & {
  alias?: string;
  command?: string[];
  variables?: JobVariable[];
};

export type JobStep = {
  name: "script" | "after_script";
  script: string[];
  timeout: number;
  when: "on_success" | "always";
  allow_failure: boolean;
};

export type JobArtifacts = {
  name?: string;
  untracked: boolean;
  paths: string[];
  exclude: string[];
  when: "on_success" | "on_failure" | "always";
  artifact_type: string;
  artifact_format: "zip" | "gzip" | "raw";
  expire_in?: string;
};

export type JobCache = {
  key: string;
  untracked: boolean;
  policy: "pull-push" | "pull" | "push";
  paths: string[];
  when: "on_success" | "on_failure" | "always";
  fallback_keys: string[];
};

export type JobResponse = {
  id: number;
  token: string;
  allow_git_fetch: boolean;
  job_info: {
    id: number;
    name: string;
    stage: string;
    pipeline_id: number;
    project_id: number;
    project_name: string;
    project_full_path: string;
    time_in_queue_seconds: number;
  };
  git_info: {
    /** With credentials; the runner takes them out before git sees the URL. */
    repo_url: string;
    repo_object_format: "sha1";
    ref: string;
    sha: string;
    before_sha: string;
    ref_type: "branch" | "tag";
    refspecs: string[];
    /** 0 is the whole history. */
    depth: number;
    protected: boolean;
  };
  runner_info: { timeout: number; uuid: string };
  variables: JobVariable[];
  steps: JobStep[];
  image: JobImage | null;
  services: JobService[];
  artifacts: JobArtifacts[];
  cache: JobCache[];
  credentials: { type: "registry"; url: string; username: string; password: string }[];
  /**
   * Slipway's own: the registry's password is `placeholder` wherever it stands, and the runner puts a token
   * there that it asks for with its build's role.
   */
  registry?: { kind: "ecr"; region: string; host: string; placeholder: string };
  /** Slipway's own: most bytes of a script's output that the runner sends; without it the runner's own limit holds. */
  log_limit?: number;
  dependencies: {
    id: number;
    token: string;
    name: string;
    artifacts_file?: { filename: string; size: number };
  }[];
  features: { trace_sections: boolean; token_mask_prefixes: string[]; failure_reasons: string[] };
  hooks: { name: "pre_get_sources_script"; script: string[] }[];
};

export type JobUpdate = {
  token: string;
  state: "running" | "success" | "failed";
  failure_reason?: string;
  exit_code?: number;
  /** Free text for people about a system failure: shown in the job's page, never a secret. */
  failure_message?: string;
  output?: { checksum: string; bytesize: number };
};

/** Slipway's own call: `POST /api/slipway/environments/ticket` with `{ticket}`, and `caller` where the environment can prove who it is. */
export type TicketExchange = {
  /** The RUNNER-TOKEN for `jobs/request`. */
  token: string;
  environment_id: string;
  /** Seconds without a job after which an idle runner leaves. */
  idle_timeout: number;
};
