import type { MergeRequestFacts, PipelineSource } from "#language/facts.ts";
import type { ForgeProject } from "#pipeline/trigger-event.ts";
import type { BuildableEvent } from "#service/configuration/facts.ts";
import { git } from "./git.ts";
import type { Snapshot } from "./snapshot-tree.ts";

/** The event that stands for a working tree: a push, a tag, or its merge request into the default branch. */
export async function treeEvent(
  snapshot: Snapshot,
  project: ForgeProject,
  repository: string,
  source: PipelineSource,
): Promise<BuildableEvent> {
  const { sha, ref, before } = snapshot;
  const user = { id: 1, login: "owner", ...snapshot.user };
  if (source !== "merge_request_event") {
    const kind = ref.startsWith("refs/tags/") ? "tag" : "push";
    return { kind, project, ref, before, sha, user, pushOptions: [] };
  }
  const mergeRequest = await mergeRequestOf(snapshot, project, repository);
  return {
    kind: "merge_request",
    project,
    ref,
    before,
    sha,
    user,
    action: "open",
    mergeRequest,
  };
}

async function mergeRequestOf(
  snapshot: Snapshot,
  project: ForgeProject,
  repository: string,
): Promise<MergeRequestFacts> {
  const bare = { directory: repository, env: { GIT_DIR: repository } };
  const { sha, ref, defaultBranch } = snapshot;
  const target = ["rev-parse", "--verify", "--quiet", `refs/heads/${defaultBranch}`];
  const targetSha = await git(bare, target);
  return {
    id: 1,
    iid: 1,
    title: (await git(bare, ["log", "-1", "--format=%s", sha])) || "Working tree",
    description: "",
    sourceBranch: ref.replace(/^refs\/(?:heads|tags)\//, ""),
    sourceSha: sha,
    sourceProjectId: project.id,
    sourceProjectPath: project.path,
    sourceProjectUrl: project.url,
    targetBranch: defaultBranch,
    targetSha,
    diffBaseSha: await git(bare, ["merge-base", targetSha, sha]),
    labels: [],
    draft: false,
    fork: false,
  };
}
