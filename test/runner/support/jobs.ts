import type { JobResponse, JobVariable } from "#runner/protocol.ts";

let nextId = 1000;

export function variable(key: string, value: string, more: Partial<JobVariable> = {}): JobVariable {
  return { key, value, public: true, file: false, masked: false, raw: false, ...more };
}

export type JobParts = Partial<Omit<JobResponse, "steps">> & {
  readonly script?: string[];
  readonly afterScript?: string[];
  readonly timeout?: number;
};

/** A job as the service sends it, with the parts that a test is about. */
export function aJob(git: { repoUrl: string; sha: string }, parts: JobParts = {}): JobResponse {
  const { script = ["true"], afterScript, timeout = 60, ...rest } = parts;
  const id = nextId++;
  return {
    id,
    token: `token-of-job-${id}`,
    allow_git_fetch: true,
    job_info: {
      id,
      name: "build",
      stage: "build",
      pipeline_id: 1,
      project_id: 1,
      project_name: "project",
      project_full_path: "group/project",
      time_in_queue_seconds: 0,
    },
    git_info: {
      repo_url: git.repoUrl,
      repo_object_format: "sha1",
      ref: "main",
      sha: git.sha,
      before_sha: "0".repeat(40),
      ref_type: "branch",
      refspecs: [`+${git.sha}:refs/remotes/origin/main`],
      depth: 20,
      protected: true,
    },
    runner_info: { timeout, uuid: "e1" },
    variables: [],
    steps: [
      { name: "script", script, timeout, when: "on_success", allow_failure: false },
      ...(afterScript === undefined
        ? []
        : [
            {
              name: "after_script" as const,
              script: afterScript,
              timeout: 300,
              when: "always" as const,
              allow_failure: true,
            },
          ]),
    ],
    image: { name: "busybox:latest" },
    services: [],
    artifacts: [],
    cache: [],
    credentials: [],
    dependencies: [],
    features: { trace_sections: true, token_mask_prefixes: [], failure_reasons: [] },
    hooks: [],
    ...rest,
  };
}
