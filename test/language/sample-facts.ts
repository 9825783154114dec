import type { JobIdentity, MergeRequestFacts, PipelineFacts } from "#language/facts.ts";
import type { PlannedJob } from "#language/plan.ts";

export const ZEROS = "0".repeat(40);

/** A push to `main` of `Group/Sub/My_Project`. */
export function pushFacts(changes: Partial<PipelineFacts> = {}): PipelineFacts {
  return {
    source: "push",
    project: {
      id: 7,
      path: "Group/Sub/My_Project",
      title: "My Project",
      description: "Costs $5",
      visibility: "private",
      defaultBranch: "main",
      url: "https://ci.example.com:8443/Group/Sub/My_Project",
      configPath: ".gitlab-ci.yml",
    },
    server: {
      url: "https://ci.example.com:8443",
      version: "18.2.1-pre",
      registry: "registry.example.com:5000",
    },
    ref: { kind: "branch", name: "main", protected: true },
    commit: {
      sha: "0123456789abcdef0123456789abcdef01234567",
      beforeSha: "f".repeat(40),
      message: "Pay $HOME\n\nLong\ntext\n",
      authorName: "Ada",
      authorEmail: "ada@example.com",
      timestamp: "2026-01-02T03:04:05Z",
    },
    user: { id: 3, login: "ada", name: "Ada L.", email: "ada@example.com" },
    ...changes,
  };
}

export function branch(name: string): Pick<PipelineFacts, "ref"> {
  return { ref: { kind: "branch", name, protected: false } };
}

export function tag(name: string): Pick<PipelineFacts, "ref"> {
  return { ref: { kind: "tag", name, protected: true } };
}

export const MERGE_REQUEST: MergeRequestFacts = {
  id: 900,
  iid: 12,
  title: "Add $thing",
  description: "d".repeat(3_000),
  sourceBranch: "feature/a",
  sourceSha: "0123456789abcdef0123456789abcdef01234567",
  sourceProjectId: 8,
  sourceProjectPath: "fork/My_Project",
  sourceProjectUrl: "https://ci.example.com:8443/fork/My_Project",
  targetBranch: "main",
  targetSha: "a".repeat(40),
  diffBaseSha: "b".repeat(40),
  labels: ["bug", "ui"],
  draft: false,
  fork: true,
};

export function mergeRequestFacts(): PipelineFacts {
  return pushFacts({
    source: "merge_request_event",
    mergeRequest: MERGE_REQUEST,
    ...branch("feature/a"),
  });
}

export const JOB_IDENTITY: JobIdentity = {
  id: 4_200_001,
  url: "https://ci.example.com:8443/jobs/4200001",
  token: "job-token-0123456789",
  startedAt: "2026-01-02T03:05:00Z",
  timeoutSeconds: 3_600,
  manual: false,
  registryUser: "gitlab-ci-token",
  registryPassword: "job-token-0123456789",
  repositoryUrl: "https://gitlab-ci-token:job-token-0123456789@ci.example.com/x.git",
};

export function plannedJob(changes: Partial<PlannedJob> = {}): PlannedJob {
  return {
    name: "build",
    stage: "test",
    when: "on_success",
    allowFailure: false,
    services: [],
    script: ["true"],
    afterScript: [],
    preGetSourcesScript: [],
    variables: [],
    cache: [],
    retry: { max: 0, when: [], exitCodes: [] },
    interruptible: false,
    runnerTags: [],
    idTokens: {},
    ...changes,
  };
}
