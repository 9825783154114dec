import type { z } from "zod/mini";
import { compareRefs } from "../compare.ts";
import { type ForgeClient, ForgeError } from "../forge.ts";
import { isRefName, isSha } from "../git-objects.ts";
import { encodePath, type ForgeHttp, readAnswer } from "../http.ts";
import { insidePath } from "../text.ts";
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

  async function readOne<T>(
    schema: z.ZodMiniType<T>,
    path: string,
    what: string,
  ): Promise<T | undefined> {
    const answer = await http({ path, expect: [404, 409, 422] });
    return answer.status === 200 ? readAnswer(schema, answer, what) : undefined;
  }

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

  async function readRef(ref: string): Promise<z.infer<typeof answers.ref> | undefined> {
    const path = `${base}/git/refs/${encodePath(ref.replace(/^refs\//, ""))}`;
    const found = await readOne(answers.refs, path, ref);
    const list = found === undefined ? [] : "ref" in found ? [found] : found;
    return list.find((each) => each.ref === ref);
  }

  /** What an object is in the end: tags may point to tags. */
  async function peel(object: {
    readonly sha: string;
    readonly type: string;
  }): Promise<string | undefined> {
    let at = object;
    for (let depth = 0; at.type === "tag" && depth < 5; depth++) {
      const found = await readOne(answers.tag, `${base}/git/tags/${at.sha}`, "a tag");
      if (found === undefined) return undefined;
      at = found.object;
    }
    return at.type === "commit" ? at.sha : undefined;
  }

  async function resolveRef(ref: string): Promise<string | undefined> {
    const found = await readRef(ref);
    return found && peel(found.object);
  }

  async function compare(
    from: string,
    to: string,
    sinceParted: boolean,
  ): Promise<readonly string[] | "unknown"> {
    const read = (a: string, b: string) =>
      readOne(answers.compare, `${base}/compare/${a}...${b}`, "a comparison");
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
    changedPaths: (from, to) => compareRefs({ resolveRef, compare }, from, to),
    readCommit: async (sha) => {
      if (!isSha(sha)) return undefined;
      const read = (id: string) => readOne(answers.commit, `${base}/git/commits/${id}`, "a commit");
      const direct = await read(sha);
      const target = direct ? undefined : await peel({ sha, type: "tag" });
      const found = direct ?? (target && (await read(target)));
      if (!found) return undefined;
      const { message, author, committer } = found.commit;
      return {
        sha: found.sha,
        message,
        authorName: author?.name ?? "",
        authorEmail: author?.email ?? "",
        timestamp: committer?.date ?? author?.date ?? "1970-01-01T00:00:00Z",
      };
    },
    readTagMessage: async (tag) => {
      if (!isRefName(tag)) return undefined;
      const ref = await readRef(`refs/tags/${tag}`);
      if (ref?.object.type !== "tag") return undefined;
      const found = await readOne(answers.tag, `${base}/git/tags/${ref.object.sha}`, "a tag");
      return found?.message?.trim() || undefined;
    },
    readProject: async () => {
      const found = await readOne(answers.project, base, `the repository ${project}`);
      return (
        found && {
          id: found.id,
          path: found.full_name,
          title: found.name,
          description: found.description ?? "",
          visibility:
            found.internal === true ? "internal" : found.private === false ? "public" : "private",
          defaultBranch: found.default_branch ?? "",
          url: found.html_url,
          configPath: ".gitlab-ci.yml",
        }
      );
    },
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
