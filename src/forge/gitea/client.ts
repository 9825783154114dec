import type { z } from "zod/mini";
import { type ForgeClient, ForgeError } from "../forge.ts";
import { compareRefs } from "../git/compare.ts";
import { isSha } from "../git/git-objects.ts";
import { gitData, readOne, type ref } from "../github-like/git-data.ts";
import { encodePath, type ForgeHttp, readAnswer } from "../http/http.ts";
import { insidePath } from "../http/text.ts";
import * as answers from "./answers.ts";
import { giteaMergeRequests } from "./merge-requests.ts";
import { postStatus } from "./status.ts";

export type GiteaClientOptions = {
  readonly http: ForgeHttp;
  /** Where people see the forge and git clones from, without trailing slash. */
  readonly url: string;
  readonly cloneToken: () => Promise<string>;
};

const largestFile = 8 * 1024 * 1024;
const pageSize = 50;
const treePageSize = 1000;
const mostPages = 400;

/** The API side of Gitea and Forgejo for one repository. */
export function giteaForgeClient(options: GiteaClientOptions, project: string): ForgeClient {
  const { http } = options;
  const base = `/repos/${encodePath(project)}`;
  const git = gitData({ http, base, commits: `${base}/git/commits`, readRef });

  async function readAll<T>(schema: z.ZodMiniType<readonly T[]>, path: string) {
    const all: T[] = [];
    for (let page = 1; page <= mostPages; page++) {
      const answer = await http({ path, query: { limit: pageSize, page } });
      const items = readAnswer(schema, answer, path);
      all.push(...items);
      // An installation may give fewer on a page than were asked for.
      const total = Number(answer.headers.get("x-total-count") ?? Number.NaN);
      if (items.length === 0 || (total >= 0 && all.length >= total)) return all;
    }
    throw tooMany(path);
  }

  async function listPaths(sha: string): Promise<readonly string[]> {
    const files: string[] = [];
    for (let page = 1; page <= mostPages; page++) {
      const query = { recursive: true, per_page: treePageSize, page };
      const answer = await http({ path: `${base}/git/trees/${encodeURIComponent(sha)}`, query });
      const { tree, truncated } = readAnswer(answers.tree, answer, "a tree");
      for (const entry of tree ?? []) if (entry.type === "blob") files.push(entry.path);
      if (truncated !== true || (tree ?? []).length === 0) return files.sort();
    }
    throw tooMany(`the tree at ${sha}`);
  }

  async function readRef(name: string): Promise<z.infer<typeof ref> | undefined> {
    const path = `${base}/git/refs/${encodePath(name.replace(/^refs\//, ""))}`;
    const found = await readOne(http, answers.refs, path, name);
    const list = found === undefined ? [] : "ref" in found ? [found] : found;
    return list.find((each) => each.ref === name);
  }

  async function compare(
    from: string,
    to: string,
    sinceParted: boolean,
  ): Promise<readonly string[] | "unknown"> {
    const read = (a: string, b: string) =>
      readOne(http, answers.compare, `${base}/compare/${a}...${b}`, "a comparison");
    const [found, back] = await Promise.all([
      read(from, to),
      sinceParted ? undefined : read(to, from),
    ]);
    const commits = found?.commits ?? [];
    if (!found || commits.length < found.total_commits) return "unknown";
    // Commits since both parted are listed: after a force push `from` has some of its own.
    if (!sinceParted && back?.total_commits !== 0) return "unknown";
    if (commits.some((commit) => !commit.files)) return "unknown";
    return commits.flatMap((commit) => (commit.files ?? []).map((file) => file.filename));
  }

  return {
    readFile: async (sha, path) => {
      const inside = insidePath(path);
      if (!isSha(sha) || inside === undefined) return undefined;
      const answer = await http({
        path: `${base}/raw/${encodePath(inside)}`,
        query: { ref: sha },
        accept: "*/*",
        maxBytes: largestFile,
        expect: [404],
      });
      return answer.status === 404 ? undefined : answer.text;
    },
    listPaths,
    changedPaths: (from, to) => compareRefs({ resolveRef: git.resolveRef, compare }, from, to),
    readCommit: git.readCommit,
    readTagMessage: git.readTagMessage,
    readProject: git.readProject,
    listRefs: async () => {
      const [branches, tags] = await Promise.all([
        readAll(answers.branches, `${base}/branches`),
        readAll(answers.tags, `${base}/tags`),
      ]);
      return [
        ...branches.map(({ name, commit }) => ({ ref: `refs/heads/${name}`, sha: commit.id })),
        ...tags.map(({ name, commit }) => ({ ref: `refs/tags/${name}`, sha: commit.sha })),
      ];
    },
    ...giteaMergeRequests(http, base),
    postStatus: (status) => postStatus(http, base, status),
    cloneAccess: async () => ({
      url: `${options.url}/${encodePath(project)}.git`,
      username: "oauth2",
      password: await options.cloneToken(),
    }),
  };
}

function tooMany(what: string): ForgeError {
  return new ForgeError(`There is more in ${what} than is read.`, { retryable: false });
}
