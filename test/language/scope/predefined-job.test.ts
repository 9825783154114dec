import { describe, expect, test } from "vitest";
import { pipelineIdentityVariables, userVariables } from "#language/scope/predefined.ts";
import {
  environmentVariables,
  jobIdentityVariables,
  jobVariablesOf,
} from "#language/scope/predefined-job.ts";
import type { Variable } from "#language/variables.ts";
import { JOB_IDENTITY, pushFacts } from "../sample-facts.ts";

function values(variables: readonly Variable[]): Record<string, string> {
  return Object.fromEntries(variables.map(({ key, value }) => [key, value]));
}

describe("variables of the pipeline, its starter and its jobs", () => {
  test("the pipeline's identity", () => {
    const identity = { id: 42, iid: 5, url: "https://x/42", createdAt: "2026-01-02T03:04:06Z" };
    expect(values(pipelineIdentityVariables(identity))).toEqual({
      CI_PIPELINE_ID: "42",
      CI_PIPELINE_IID: "5",
      CI_PIPELINE_URL: "https://x/42",
      CI_PIPELINE_CREATED_AT: "2026-01-02T03:04:06Z",
    });
    expect(values(pipelineIdentityVariables({ ...identity, name: "Nightly" }))).toMatchObject({
      CI_PIPELINE_NAME: "Nightly",
    });
  });

  test("the starter", () => {
    expect(values(userVariables(pushFacts().user))).toEqual({
      GITLAB_USER_ID: "3",
      GITLAB_USER_LOGIN: "ada",
      GITLAB_USER_NAME: "Ada L.",
      GITLAB_USER_EMAIL: "ada@example.com",
    });
  });

  test("an ordinary job is one of one, and not manual", () => {
    expect(values(jobVariablesOf({ name: "Build: Image", stage: "build" }))).toEqual({
      CI_JOB_NAME: "Build: Image",
      CI_JOB_NAME_SLUG: "build--image",
      CI_JOB_GROUP_NAME: "Build: Image",
      CI_JOB_STAGE: "build",
      CI_NODE_TOTAL: "1",
      CI_BUILD_NAME: "Build: Image",
      CI_BUILD_STAGE: "build",
    });
  });

  test("a parallel manual job says so", () => {
    const job = {
      name: "test 2/3",
      stage: "test",
      when: "manual",
      parallel: { index: 2, total: 3 },
      image: { name: "alpine:$V" },
    } as const;
    expect(values(jobVariablesOf(job))).toMatchObject({
      CI_JOB_GROUP_NAME: "test",
      CI_JOB_IMAGE: "alpine:$V",
      CI_JOB_MANUAL: "true",
      CI_BUILD_MANUAL: "true",
      CI_NODE_INDEX: "2",
      CI_NODE_TOTAL: "3",
    });
  });

  test.for([
    ["rspec 1/10", "rspec"],
    ["rspec:linux: 1/10", "rspec:linux:"],
    ["deploy: [aws, eu]", "deploy"],
    ["deploy: [aws]", "deploy"],
    ["build 2 of 3", "build 2 of 3"],
    ["plain", "plain"],
  ])("the group of %j is %j", ([name = "", expected]) => {
    expect(values(jobVariablesOf({ name, stage: "x" })).CI_JOB_GROUP_NAME).toBe(expected);
  });

  test("what a running job gets, and which of it is secret", () => {
    const variables = jobIdentityVariables(JOB_IDENTITY);
    expect(values(variables)).toEqual({
      CI_JOB_ID: "4200001",
      CI_JOB_URL: JOB_IDENTITY.url,
      CI_JOB_STARTED_AT: "2026-01-02T03:05:00Z",
      CI_JOB_TIMEOUT: "3600",
      CI_BUILD_ID: "4200001",
      CI_REGISTRY_USER: "gitlab-ci-token",
      CI_JOB_TOKEN: JOB_IDENTITY.token,
      CI_BUILD_TOKEN: JOB_IDENTITY.token,
      CI_REGISTRY_PASSWORD: JOB_IDENTITY.token,
      CI_REPOSITORY_URL: JOB_IDENTITY.repositoryUrl,
      CI_BUILD_REPO: JOB_IDENTITY.repositoryUrl,
    });
    const keys = (wanted: Variable[]) => wanted.map(({ key }) => key);
    expect(keys(variables.filter(({ masked }) => masked))).toEqual([
      "CI_JOB_TOKEN",
      "CI_BUILD_TOKEN",
      "CI_REGISTRY_PASSWORD",
    ]);
    expect(keys(variables.filter((variable) => variable.public === false))).toEqual([
      "CI_JOB_TOKEN",
      "CI_BUILD_TOKEN",
      "CI_REGISTRY_PASSWORD",
      "CI_REPOSITORY_URL",
      "CI_BUILD_REPO",
    ]);
  });

  test("a deployment environment", () => {
    const environment = { name: "production", action: "start", url: "https://$HOST" } as const;
    expect(values(environmentVariables(environment))).toEqual({
      CI_ENVIRONMENT_NAME: "production",
      CI_ENVIRONMENT_SLUG: "production",
      CI_ENVIRONMENT_ACTION: "start",
      CI_ENVIRONMENT_TIER: "production",
      CI_ENVIRONMENT_URL: "https://$HOST",
    });
    expect(values(environmentVariables({ name: "x", action: "stop", tier: "testing" }))).toEqual({
      CI_ENVIRONMENT_NAME: "x",
      CI_ENVIRONMENT_SLUG: "x",
      CI_ENVIRONMENT_ACTION: "stop",
      CI_ENVIRONMENT_TIER: "testing",
    });
  });

  test.for([
    ["review/a", "development"],
    ["qa", "testing"],
    ["staging", "staging"],
    ["Production", "production"],
    ["elsewhere", "other"],
  ])("the tier of %j is %j", ([name = "", tier]) => {
    const found = values(environmentVariables({ name, action: "start" }));
    expect(found.CI_ENVIRONMENT_TIER).toBe(tier);
  });
});
