import type {
  MergeRequestFacts,
  PipelineFacts,
  PipelineSource,
  ProjectFacts,
} from "#language/facts.ts";
import { CliError, exitCodes } from "../failure.ts";
import type { PushFlags } from "./push-flags.ts";

const zeros = "0".repeat(40);
const sha = "5117a1b2c3d4e5f60718293a4b5c6d7e8f901234";
const previousSha = "0b5e55edb16b00b5c0ffee0123456789abcdef01";
/** Sources that move a branch on from an earlier commit; GitLab has 40 zeros for the others. */
const updates: ReadonlySet<PipelineSource> = new Set([
  "push",
  "parent_pipeline",
  "external_pull_request_event",
]);
const server = "https://slipway.example.com";

/** What a repository here knows of its branches; all absent without one. */
export type Branches = { readonly current?: string; readonly default?: string };

/**
 * The push that the flags describe. What they leave open is always the same, so that the same flags give
 * the same plan on every machine, on every day.
 */
export function factsOf(
  flags: PushFlags,
  configPath: string,
  branches: Branches = {},
): PipelineFacts {
  const defaultBranch = flags.defaultBranch ?? branches.default ?? "main";
  const name = flags.ref ?? branches.current ?? defaultBranch;
  const isTag = flags.tag === true;
  const isMergeRequest = flags.source === "merge_request_event";
  if (isTag && isMergeRequest) {
    throw new CliError("A merge request has no tag: leave out --tag or --source.", exitCodes.usage);
  }
  const project = projectOf(flags.path, defaultBranch, configPath);
  return {
    source: flags.source,
    project,
    server: { url: server, version: "18.0.0", registry: "registry.example.com" },
    ref: {
      kind: isTag ? "tag" : "branch",
      name,
      protected: flags.protected ?? (!isTag && !isMergeRequest && name === defaultBranch),
    },
    commit: {
      sha,
      beforeSha: flags.beforeSha ?? (updates.has(flags.source) && !isTag ? previousSha : zeros),
      message: flags.commitMessage ?? "Change something",
      authorName: "Author",
      authorEmail: "author@example.com",
      timestamp: "2026-01-01T00:00:00Z",
    },
    user: { id: 1, login: "author", name: "Author", email: "author@example.com" },
    ...(isMergeRequest && {
      mergeRequest: mergeRequestOf(project, name, flags.target ?? defaultBranch),
    }),
  };
}

function projectOf(path: string, defaultBranch: string, configPath: string): ProjectFacts {
  return {
    id: 1,
    path,
    title: path.split("/").at(-1) ?? path,
    description: "",
    visibility: "private",
    defaultBranch,
    url: `${server}/${path}`,
    configPath,
  };
}

function mergeRequestOf(
  project: ProjectFacts,
  sourceBranch: string,
  targetBranch: string,
): MergeRequestFacts {
  return {
    id: 1,
    iid: 1,
    title: "Change something",
    description: "",
    sourceBranch,
    sourceSha: sha,
    sourceProjectId: project.id,
    sourceProjectPath: project.path,
    sourceProjectUrl: project.url,
    targetBranch,
    targetSha: previousSha,
    diffBaseSha: previousSha,
    labels: [],
    draft: false,
    fork: false,
  };
}
