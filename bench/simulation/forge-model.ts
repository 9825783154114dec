import type { Forge, ForgeClient } from "#forge/forge.ts";
import { signWebhook } from "#forge/http/standard-webhooks.ts";
import { localWebhooks } from "#forge/local/webhook.ts";

/** Five jobs in three stages, of which the middle three run side by side. */
export const configuration = `
stages: [build, test, deploy]
build:
  script: [docker build --tag "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA" .]
unit:
  stage: test
  script: [npm test]
lint:
  stage: test
  script: [npm run lint]
scan:
  stage: test
  script: [npm audit]
release:
  stage: deploy
  script: [docker push "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA"]
`;

export const jobsOfPipeline = ["build", "unit", "lint", "scan", "release"] as const;

/** A forge that has this one file in every commit, and hears statuses. */
export function forgeModel(heard: () => void): Forge {
  const client = (path: string): ForgeClient => ({
    readFile: async (_sha, name) => (name === ".gitlab-ci.yml" ? configuration : undefined),
    listPaths: async () => [".gitlab-ci.yml"],
    changedPaths: async () => [".gitlab-ci.yml"],
    readCommit: async (sha) => ({
      sha,
      message: "A change",
      authorName: "Ada",
      authorEmail: "ada@example.com",
      timestamp: "2026-11-21T08:00:00Z",
    }),
    readTagMessage: async () => undefined,
    readProject: async () => ({
      id: 1,
      path,
      title: path,
      description: "",
      visibility: "private",
      defaultBranch: "main",
      url: `http://forge.test/${path}`,
      configPath: ".gitlab-ci.yml",
    }),
    readMergeBase: async () => ({ targetSha: "", diffBaseSha: "" }),
    listOpenMergeRequests: async () => [],
    mergeRequestRef: () => undefined,
    listRefs: async () => [],
    postStatus: async () => {
      heard();
      return {};
    },
    cloneAccess: async (password) => ({
      url: `http://forge.test/${path}.git`,
      username: "gitlab-ci-token",
      password,
    }),
  });
  return { name: "local", webhooks: localWebhooks, client };
}

/** The signed webhook of push number `number`, each to a branch of its own. */
export function pushOf(path: string, number: number, token: string, timestampSeconds: number) {
  const sha = number.toString(16).padStart(40, "a");
  const payload = {
    object_kind: "push",
    event_name: "push",
    before: "0".repeat(40),
    after: sha,
    ref: `refs/heads/change-${number}`,
    checkout_sha: sha,
    user_id: 7,
    user_name: "Ada",
    user_username: "ada",
    user_email: "ada@example.com",
    project_id: 1,
    project: {
      id: 1,
      name: path,
      web_url: `http://forge.test/${path}`,
      git_http_url: `http://forge.test/${path}.git`,
      path_with_namespace: path,
      default_branch: "main",
      visibility_level: 0,
    },
    commits: [],
    total_commits_count: 0,
  };
  const body = new TextEncoder().encode(JSON.stringify(payload));
  const id = `push-${number}`;
  const headers = new Headers({
    "content-type": "application/json",
    "x-gitlab-event": "Push Hook",
    "webhook-id": id,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": signWebhook(token, { id, timestampSeconds }, body) ?? "",
  });
  return { headers, body };
}
