import { type ForgeClient, ForgeError } from "../forge.ts";
import { compareRefs } from "../git/compare.ts";
import { readGit } from "../git/git-command.ts";
import { isSha, readObject, readTagMessage } from "../git/git-objects.ts";
import { insidePath } from "../http/text.ts";
import { repositoryDirectory } from "../project-path.ts";
import { localComparer } from "./compare.ts";
import { parseCommit, parsePaths } from "./convert.ts";
import { readMergeBase } from "./merge-base.ts";
import type { LocalForgeOptions } from "./options.ts";
import { readProject } from "./project.ts";
import { listRefs } from "./refs.ts";

const largestFile = 8 * 1024 * 1024;
const largestListing = 64 * 1024 * 1024;

/** The API side of the built-in git host: reads the bare repository through git itself. */
export function localForgeClient(options: LocalForgeOptions, project: string): ForgeClient {
  const directory = repositoryDirectory(options.root, project);
  if (directory === undefined)
    throw new ForgeError(`"${project}" cannot be a project of the built-in git host.`, {
      retryable: false,
    });
  return {
    readFile: async (sha, path) => {
      const inside = insidePath(path);
      if (!isSha(sha) || inside === undefined) return undefined;
      const found = await readObject(directory, `${sha}:${inside}`, largestFile);
      return found?.type === "blob" ? new TextDecoder().decode(found.content) : undefined;
    },
    listPaths: async (sha) => {
      if (!isSha(sha)) throw notACommit(sha);
      const args = ["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", sha];
      return parsePaths(await readGit(directory, args, { maxBytes: largestListing }));
    },
    changedPaths: (from, to) => compareRefs(localComparer(directory), from, to),
    readCommit: async (sha) => {
      if (!isSha(sha)) return undefined;
      const found = await readObject(directory, `${sha}^{commit}`, largestFile);
      return found?.type === "commit" ? parseCommit(found.id, found.content) : undefined;
    },
    readTagMessage: (tag) => readTagMessage(directory, tag),
    readProject: () => readProject(options, project, directory),
    readMergeBase: (request) => readMergeBase(directory, request),
    // The git host has no merge requests; working trees are run as if they were one.
    listOpenMergeRequests: async () => [],
    mergeRequestRef: () => undefined,
    listRefs: () => listRefs(directory),
    postStatus: async (status) => {
      await options.saveStatus(project, status);
      return {};
    },
    cloneAccess: async (jobToken) => ({
      url: `${options.cloneUrl ?? options.publicUrl}/${project}.git`,
      username: "gitlab-ci-token",
      password: jobToken,
    }),
  };
}

function notACommit(sha: string): ForgeError {
  return new ForgeError(`"${sha.slice(0, 80)}" is not a full commit id.`, { retryable: false });
}
