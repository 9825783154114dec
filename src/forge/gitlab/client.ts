import type { z } from "zod/mini";
import { pageAddress } from "#http/web-address.ts";
import { type ForgeClient, ForgeError } from "../forge.ts";
import { compareRefs } from "../git/compare.ts";
import { isRefName, isSha } from "../git/git-objects.ts";
import { encodePath, type ForgeHttp, readAnswer } from "../http/http.ts";
import { insidePath } from "../http/text.ts";
import * as answers from "./answers.ts";
import { gitlabMergeRequests } from "./merge-requests.ts";
import { postStatus } from "./status.ts";

export type GitLabClientOptions = {
  readonly http: ForgeHttp;
  /** Where people see the forge and git clones from, without trailing slash. */
  readonly url: string;
  /** For cloning only: a deploy token, or one with `read_repository`. */
  readonly cloneToken: () => Promise<string>;
  /** Any user name will do beside an access token; a deploy token has its own. */
  readonly cloneUser?: string;
};

const largestFile = 8 * 1024 * 1024;
const pageSize = 100;
const mostPages = 500;
/** GitLab leaves files out of larger differences without saying so. */
const mostDiffs = 1000;

/** The API side of GitLab for one project (GitLab Docs: Repositories, Commits, Projects API). */
export function gitlabForgeClient(options: GitLabClientOptions, project: string): ForgeClient {
  const { http } = options;
  const base = `/projects/${encodeURIComponent(project)}`;
  const repository = `${base}/repository`;

  async function readOne<T>(
    schema: z.ZodMiniType<T>,
    path: string,
    what: string,
  ): Promise<T | undefined> {
    const answer = await http({ path, expect: [404] });
    return answer.status === 404 ? undefined : readAnswer(schema, answer, what);
  }

  async function readAll<T>(
    schema: z.ZodMiniType<readonly T[]>,
    path: string,
    query: Readonly<Record<string, string | boolean>>,
  ): Promise<readonly T[]> {
    const all: T[] = [];
    for (let page = 1; page <= mostPages; page++) {
      const answer = await http({ path, query: { ...query, per_page: pageSize, page } });
      const items = readAnswer(schema, answer, path);
      all.push(...items);
      const next = answer.headers.get("x-next-page");
      if (next === "" || (next === null && items.length < pageSize)) return all;
    }
    throw new ForgeError(`${path} has more than ${mostPages * pageSize} entries.`, {
      retryable: false,
    });
  }

  async function resolveRef(ref: string): Promise<string | undefined> {
    const found = /^refs\/(heads|tags)\/(.+)$/.exec(ref);
    if (!found?.[2]) return undefined;
    const kind = found[1] === "heads" ? "branches" : "tags";
    const path = `${repository}/${kind}/${encodeURIComponent(found[2])}`;
    return (await readOne(answers.ref, path, ref))?.commit?.id;
  }

  async function compare(
    from: string,
    to: string,
    sinceParted: boolean,
  ): Promise<readonly string[] | "unknown"> {
    const query = { from, to, straight: !sinceParted };
    const answer = await http({ path: `${repository}/compare`, query, expect: [400, 404] });
    if (answer.status !== 200) return "unknown";
    const { diffs, commits, compare_timeout } = readAnswer(answers.compare, answer, "a comparison");
    const paths = diffs ?? [];
    const cut = paths.length === 0 && (commits ?? []).length > 0;
    if (compare_timeout === true || paths.length >= mostDiffs || cut) return "unknown";
    return paths.flatMap((diff) => [diff.old_path, diff.new_path]);
  }

  return {
    readFile: async (sha, path) => {
      const inside = insidePath(path);
      if (!isSha(sha) || inside === undefined) return undefined;
      const answer = await http({
        path: `${repository}/files/${encodeURIComponent(inside)}/raw`,
        query: { ref: sha },
        accept: "*/*",
        maxBytes: largestFile,
        expect: [404],
      });
      return answer.status === 404 ? undefined : answer.text;
    },
    listPaths: async (sha) => {
      const entries = await readAll(answers.tree, `${repository}/tree`, {
        ref: sha,
        recursive: true,
      });
      return entries
        .filter((entry) => entry.type === "blob")
        .map((entry) => entry.path)
        .sort();
    },
    changedPaths: (from, to) => compareRefs({ resolveRef, compare }, from, to),
    readCommit: async (sha) => {
      if (!isSha(sha)) return undefined;
      const found = await readOne(answers.commit, `${repository}/commits/${sha}`, "a commit");
      return (
        found && {
          sha: found.id,
          message: found.message ?? "",
          authorName: found.author_name ?? "",
          authorEmail: found.author_email ?? "",
          timestamp: found.committed_date,
        }
      );
    },
    readTagMessage: async (tag) => {
      if (!isRefName(tag)) return undefined;
      const path = `${repository}/tags/${encodeURIComponent(tag)}`;
      return (await readOne(answers.ref, path, `the tag ${tag}`))?.message?.trim() || undefined;
    },
    readProject: async () => {
      const found = await readOne(answers.project, base, `the project ${project}`);
      return (
        found && {
          id: found.id,
          path: found.path_with_namespace,
          title: found.name,
          description: found.description ?? "",
          visibility: found.visibility,
          defaultBranch: found.default_branch ?? "",
          url: pageAddress(found.web_url),
          configPath: ".gitlab-ci.yml",
        }
      );
    },
    listRefs: async () => {
      const [branches, tags] = await Promise.all([
        readAll(answers.refs, `${repository}/branches`, {}),
        readAll(answers.refs, `${repository}/tags`, {}),
      ]);
      return [
        ...branches.map((branch) => ({ ref: `refs/heads/${branch.name}`, sha: branch.commit?.id })),
        ...tags.map((tag) => ({ ref: `refs/tags/${tag.name}`, sha: tag.commit?.id })),
      ].flatMap(({ ref, sha }) => (sha === undefined ? [] : [{ ref, sha }]));
    },
    ...gitlabMergeRequests(http, base, resolveRef),
    postStatus: (status) => postStatus(http, project, status),
    cloneAccess: async () => ({
      url: `${options.url}/${encodePath(project)}.git`,
      username: options.cloneUser ?? "oauth2",
      password: await options.cloneToken(),
    }),
  };
}
