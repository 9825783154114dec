import { describe, expect, test } from "vitest";
import type { PipelineFacts } from "#language/facts.ts";
import { predefinedVariables } from "#language/scope/predefined.ts";
import type { Variable } from "#language/variables.ts";
import {
  branch,
  MERGE_REQUEST,
  mergeRequestFacts,
  pushFacts,
  tag,
  ZEROS,
} from "../sample-facts.ts";

function values(variables: readonly Variable[]): Record<string, string> {
  return Object.fromEntries(variables.map(({ key, value }) => [key, value]));
}

describe("predefined variables of a branch push", () => {
  test("are all there, by GitLab's names", () => {
    expect(values(predefinedVariables(pushFacts()))).toEqual({
      CI: "true",
      GITLAB_CI: "true",
      GITLAB_FEATURES: "",
      CI_SERVER: "yes",
      CI_SERVER_URL: "https://ci.example.com:8443",
      CI_SERVER_HOST: "ci.example.com",
      CI_SERVER_PORT: "8443",
      CI_SERVER_PROTOCOL: "https",
      CI_SERVER_FQDN: "ci.example.com:8443",
      CI_SERVER_NAME: "GitLab",
      CI_SERVER_VERSION: "18.2.1-pre",
      CI_SERVER_VERSION_MAJOR: "18",
      CI_SERVER_VERSION_MINOR: "2",
      CI_SERVER_VERSION_PATCH: "1",
      CI_API_V4_URL: "https://ci.example.com:8443/api/v4",
      CI_PROJECT_ID: "7",
      CI_PROJECT_NAME: "My_Project",
      CI_PROJECT_TITLE: "My Project",
      CI_PROJECT_DESCRIPTION: "Costs $5",
      CI_PROJECT_PATH: "Group/Sub/My_Project",
      CI_PROJECT_PATH_SLUG: "group-sub-my-project",
      CI_PROJECT_NAMESPACE: "Group/Sub",
      CI_PROJECT_NAMESPACE_SLUG: "group-sub",
      CI_PROJECT_ROOT_NAMESPACE: "Group",
      CI_PROJECT_URL: "https://ci.example.com:8443/Group/Sub/My_Project",
      CI_PROJECT_VISIBILITY: "private",
      CI_DEFAULT_BRANCH: "main",
      CI_DEFAULT_BRANCH_SLUG: "main",
      CI_CONFIG_PATH: ".gitlab-ci.yml",
      CI_REGISTRY: "registry.example.com:5000",
      CI_REGISTRY_IMAGE: "registry.example.com:5000/group/sub/my_project",
      CI_PIPELINE_SOURCE: "push",
      CI_COMMIT_SHA: "0123456789abcdef0123456789abcdef01234567",
      CI_COMMIT_SHORT_SHA: "01234567",
      CI_COMMIT_BEFORE_SHA: "f".repeat(40),
      CI_COMMIT_REF_NAME: "main",
      CI_COMMIT_REF_SLUG: "main",
      CI_COMMIT_REF_PROTECTED: "true",
      CI_COMMIT_BRANCH: "main",
      CI_COMMIT_TIMESTAMP: "2026-01-02T03:04:05Z",
      CI_COMMIT_MESSAGE: "Pay $HOME\n\nLong\ntext\n",
      CI_COMMIT_TITLE: "Pay $HOME",
      CI_COMMIT_DESCRIPTION: "\nLong\ntext",
      CI_COMMIT_AUTHOR: "Ada <ada@example.com>",
      CI_BUILD_REF: "0123456789abcdef0123456789abcdef01234567",
      CI_BUILD_BEFORE_SHA: "f".repeat(40),
      CI_BUILD_REF_NAME: "main",
      CI_BUILD_REF_SLUG: "main",
    });
  });

  test("no key comes twice", () => {
    const keys = predefinedVariables(mergeRequestFacts()).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("what people wrote is raw, so a `$` in it stays", () => {
    const raw = predefinedVariables(pushFacts()).filter((variable) => variable.raw);
    expect(raw.map(({ key }) => key)).toEqual([
      "CI_PROJECT_TITLE",
      "CI_PROJECT_DESCRIPTION",
      "CI_COMMIT_MESSAGE",
      "CI_COMMIT_TITLE",
      "CI_COMMIT_DESCRIPTION",
      "CI_COMMIT_AUTHOR",
    ]);
  });
});

describe("predefined variables that depend on the pipeline", () => {
  const long = "t".repeat(120);
  const commit = pushFacts().commit;
  test.for<[string, PipelineFacts, Record<string, string | undefined>]>([
    [
      "a tag has no branch",
      pushFacts({ ...tag("v1.0.0"), tagMessage: "First" }),
      {
        CI_COMMIT_TAG: "v1.0.0",
        CI_COMMIT_TAG_MESSAGE: "First",
        CI_BUILD_TAG: "v1.0.0",
        CI_COMMIT_BRANCH: undefined,
        CI_COMMIT_REF_NAME: "v1.0.0",
        CI_COMMIT_REF_SLUG: "v1-0-0",
      },
    ],
    [
      "a branch has no tag",
      pushFacts(),
      { CI_COMMIT_TAG: undefined, CI_COMMIT_TAG_MESSAGE: undefined, CI_BUILD_TAG: undefined },
    ],
    ["a lightweight tag has an empty message", pushFacts(tag("v1")), { CI_COMMIT_TAG_MESSAGE: "" }],
    [
      "the first push of a ref",
      pushFacts({ commit: { ...commit, beforeSha: ZEROS } }),
      { CI_COMMIT_BEFORE_SHA: ZEROS },
    ],
    [
      "an unprotected ref",
      pushFacts(branch("feature/My_Thing")),
      { CI_COMMIT_REF_PROTECTED: "false", CI_COMMIT_REF_SLUG: "feature-my-thing" },
    ],
    [
      "a title of 100 characters or more",
      pushFacts({ commit: { ...commit, message: `${long}\n\nmore` } }),
      { CI_COMMIT_TITLE: long, CI_COMMIT_DESCRIPTION: `${long}\n\nmore` },
    ],
    [
      "a message of one line",
      pushFacts({ commit: { ...commit, message: "Fix" } }),
      { CI_COMMIT_TITLE: "Fix", CI_COMMIT_DESCRIPTION: "" },
    ],
    [
      "a trigger",
      pushFacts({ source: "trigger" }),
      { CI_PIPELINE_TRIGGERED: "true", CI_BUILD_TRIGGERED: "true", CI_PIPELINE_SOURCE: "trigger" },
    ],
    [
      "no trigger",
      pushFacts(),
      { CI_PIPELINE_TRIGGERED: undefined, CI_BUILD_TRIGGERED: undefined },
    ],
    [
      "open merge requests, four at most",
      pushFacts({ openMergeRequests: ["g/p!1", "g/p!2", "g/p!3", "g/p!4", "g/p!5"] }),
      { CI_OPEN_MERGE_REQUESTS: "g/p!1,g/p!2,g/p!3,g/p!4" },
    ],
    [
      "no open merge request",
      pushFacts({ openMergeRequests: [] }),
      { CI_OPEN_MERGE_REQUESTS: undefined },
    ],
    [
      "a server on its usual port",
      pushFacts({ server: { url: "http://ci.local", version: "1", registry: "r" } }),
      {
        CI_SERVER_PORT: "80",
        CI_SERVER_PROTOCOL: "http",
        CI_SERVER_FQDN: "ci.local",
        CI_SERVER_VERSION_PATCH: "0",
      },
    ],
    [
      "a project without namespace",
      pushFacts({ project: { ...pushFacts().project, path: "Solo" } }),
      {
        CI_PROJECT_NAME: "Solo",
        CI_PROJECT_NAMESPACE: "",
        CI_PROJECT_ROOT_NAMESPACE: "",
        CI_REGISTRY_IMAGE: "registry.example.com:5000/solo",
      },
    ],
  ])("%s", ([, facts, expected]) => {
    const found = values(predefinedVariables(facts));
    const picked = Object.fromEntries(Object.keys(expected).map((key) => [key, found[key]]));
    expect(picked).toEqual(expected);
  });

  test("a merge request has its own family, and neither branch nor tag", () => {
    const found = values(predefinedVariables(mergeRequestFacts()));
    const family = Object.fromEntries(
      Object.entries(found).filter(([key]) => key.startsWith("CI_MERGE_REQUEST_")),
    );
    expect(family).toEqual({
      CI_MERGE_REQUEST_ID: "900",
      CI_MERGE_REQUEST_IID: "12",
      CI_MERGE_REQUEST_REF_PATH: "refs/merge-requests/12/head",
      CI_MERGE_REQUEST_EVENT_TYPE: "detached",
      CI_MERGE_REQUEST_PROJECT_ID: "7",
      CI_MERGE_REQUEST_PROJECT_PATH: "Group/Sub/My_Project",
      CI_MERGE_REQUEST_PROJECT_URL: "https://ci.example.com:8443/Group/Sub/My_Project",
      CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "8",
      CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: "fork/My_Project",
      CI_MERGE_REQUEST_SOURCE_PROJECT_URL: "https://ci.example.com:8443/fork/My_Project",
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: "feature/a",
      CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED: "false",
      CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: "",
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
      CI_MERGE_REQUEST_TARGET_BRANCH_SHA: "",
      CI_MERGE_REQUEST_DIFF_BASE_SHA: "b".repeat(40),
      CI_MERGE_REQUEST_DRAFT: "false",
      CI_MERGE_REQUEST_TITLE: "Add $thing",
      CI_MERGE_REQUEST_DESCRIPTION: "d".repeat(2_700),
      CI_MERGE_REQUEST_DESCRIPTION_IS_TRUNCATED: "true",
      CI_MERGE_REQUEST_LABELS: "bug,ui",
    });
    expect(found).toMatchObject({
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_COMMIT_REF_NAME: "feature/a",
    });
    expect(found).not.toHaveProperty("CI_COMMIT_BRANCH");
    expect(found).not.toHaveProperty("CI_COMMIT_TAG");
  });

  test("a merged result names both shas", () => {
    const facts = {
      ...mergeRequestFacts(),
      mergeRequest: { ...MERGE_REQUEST, sourceSha: "c".repeat(40) },
    };
    expect(values(predefinedVariables(facts))).toMatchObject({
      CI_MERGE_REQUEST_EVENT_TYPE: "merged_result",
      CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: "c".repeat(40),
      CI_MERGE_REQUEST_TARGET_BRANCH_SHA: "a".repeat(40),
    });
  });
});
