import type { ForgeProject, MergeRequestEvent, TriggerEvent } from "#pipeline/trigger-event.ts";

const project: ForgeProject = {
  id: 7,
  path: "Demo/App",
  url: "http://forge/Demo/App",
  defaultBranch: "main",
  visibility: "private",
};

const user = { id: 1, login: "ada", name: "Ada", email: "ada@example.com" };

export const examplePush: TriggerEvent = {
  kind: "push",
  project,
  ref: "refs/heads/main",
  before: "b".repeat(40),
  sha: "a".repeat(40),
  user,
  pushOptions: [],
};

export const exampleMergeRequest: MergeRequestEvent = {
  kind: "merge_request",
  project,
  ref: "refs/merge-requests/7/head",
  before: "",
  sha: "a".repeat(40),
  user,
  action: "open",
  mergeRequest: {
    id: 707,
    iid: 7,
    title: "Mend it",
    description: "",
    sourceBranch: "mend",
    sourceSha: "a".repeat(40),
    sourceProjectId: 99,
    sourceProjectPath: "ada/app",
    sourceProjectUrl: "http://forge/ada/app",
    targetBranch: "main",
    targetSha: "",
    diffBaseSha: "",
    labels: [],
    draft: false,
    fork: true,
  },
};
