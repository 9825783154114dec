import type { Job, Pipeline, PipelineEnvironment } from "#pipeline/pipeline.ts";
import { reportOf } from "#pipeline/report.ts";

/** A pipeline with one pending job; `changes` say what the test is about. */
export function examplePipeline(
  changes: Partial<Pipeline> & { readonly ref?: string; readonly sha?: string } = {},
): Pipeline {
  const { ref = "main", sha = "a".repeat(40), ...rest } = changes;
  return {
    id: 1,
    iid: 1,
    forge: "local",
    project: "demo/app",
    status: "pending",
    createdAt: "2026-01-01T00:00:00.000Z",
    facts: {
      source: "push",
      project: {
        id: 1,
        path: "demo/app",
        title: "app",
        description: "",
        visibility: "private",
        defaultBranch: "main",
        url: "http://localhost/demo/app",
        configPath: ".gitlab-ci.yml",
      },
      server: { url: "http://localhost", version: "0.1.0", registry: "localhost:5000" },
      ref: { kind: "branch", name: ref, protected: false },
      commit: {
        sha,
        beforeSha: "0".repeat(40),
        message: "Say “hello”",
        authorName: "A",
        authorEmail: "a@example.com",
        timestamp: "2026-01-01T00:00:00.000Z",
      },
      user: { id: 1, login: "a", name: "A", email: "a@example.com" },
    },
    settings: {
      executor: "shell",
      privileged: false,
      capacity: 1,
      maxEnvironments: 1,
      jobTimeoutSeconds: 3600,
    },
    stages: ["build"],
    jobs: [exampleJob()],
    environments: [],
    autoCancel: { onNewCommit: "conservative", onJobFailure: "none" },
    diagnostics: [],
    variables: [],
    reported: [],
    ...rest,
  };
}

export function exampleJob(changes: Partial<Job> = {}): Job {
  return {
    id: 100_001,
    name: "build",
    stage: "build",
    status: "pending",
    when: "on_success",
    allowFailure: false,
    retry: { max: 0, when: ["always"], exitCodes: [] },
    interruptible: false,
    timeoutSeconds: 3600,
    runnerTags: [],
    planIndex: 0,
    retried: false,
    attempt: 0,
    systemFailures: 0,
    createdAt: "2026-01-01T00:00:00.000Z",
    ...changes,
  };
}

export function exampleEnvironment(
  changes: Partial<PipelineEnvironment> = {},
): PipelineEnvironment {
  return {
    id: "p1-e1",
    state: "wanted",
    executor: "shell",
    privileged: false,
    runnerTags: [],
    capacity: 1,
    wantedAt: "2026-01-01T00:00:00.000Z",
    startFailures: 0,
    ...changes,
  };
}

/** As it is stored once the forge was told about it. */
export function toldPipeline(changes: Parameters<typeof examplePipeline>[0]): Pipeline {
  const pipeline = examplePipeline(changes);
  return { ...pipeline, reported: [{ ...reportOf(pipeline), postedAt: pipeline.createdAt }] };
}
