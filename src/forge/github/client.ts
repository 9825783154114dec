import { type CommitStatus, type ForgeClient, ForgeError, type StatusRun } from "../forge.ts";
import { compareRefs } from "../git/compare.ts";
import { isSha } from "../git/git-objects.ts";
import { gitData, readOne, ref } from "../github-like/git-data.ts";
import { encodePath, type ForgeHttp, readAnswer } from "../http/http.ts";
import { insidePath, shorten } from "../http/text.ts";
import * as answers from "./answers.ts";
import { githubMergeRequests } from "./merge-requests.ts";
import { listFiles } from "./tree.ts";

export type GitHubClientOptions = {
  readonly http: ForgeHttp;
  /** Where people see the forge and git clones from, without trailing slash. */
  readonly url: string;
  readonly cloneToken: () => Promise<string>;
  /** May read pull requests; an App's is made for that alone. The other one unless given. */
  readonly pullRequestHttp?: ForgeHttp;
  /** Of an App: tells by check runs, as long as it may. */
  readonly postCheck?: (status: CommitStatus, run: StatusRun) => Promise<"told" | "not_permitted">;
};

const largestFile = 8 * 1024 * 1024;
const pageSize = 100;
const mostPages = 200;
/** GitHub names no more files of a comparison (GitHub Docs: Compare two commits). */
const mostFiles = 300;

/** The API side of GitHub for one repository (GitHub Docs: REST API). */
export function githubForgeClient(options: GitHubClientOptions, project: string): ForgeClient {
  const { http } = options;
  const base = `/repos/${encodePath(project)}`;
  const git = gitData({
    http,
    base,
    commits: `${base}/commits`,
    readRef: (name) =>
      readOne(http, ref, `${base}/git/ref/${encodePath(name.replace(/^refs\//, ""))}`, name),
  });

  async function readFile(sha: string, path: string): Promise<string | undefined> {
    const inside = insidePath(path);
    if (!isSha(sha) || inside === undefined) return undefined;
    const request = {
      path: `${base}/contents/${encodePath(inside)}`,
      query: { ref: sha },
      expect: [404],
      maxBytes: largestFile * 2,
    };
    const answer = await http({ ...request, accept: "application/vnd.github.object+json" });
    if (answer.status === 404) return undefined;
    const found = readAnswer(answers.content, answer, path);
    if (found.type === "symlink") return found.target ?? undefined;
    if (found.type !== "file") return undefined;
    if ((found.size ?? 0) > largestFile) throw tooLarge(path);
    if (found.encoding === "base64") return decodeBase64(found.content ?? "");
    // Over 1 MB the content comes only raw.
    const raw = { ...request, accept: "application/vnd.github.raw+json", maxBytes: largestFile };
    return (await http(raw)).text;
  }

  async function compare(
    from: string,
    to: string,
    sinceParted: boolean,
  ): Promise<readonly string[] | "unknown"> {
    const found = await readOne(
      http,
      answers.compare,
      `${base}/compare/${from}...${to}`,
      "a comparison",
    );
    const files = found?.files;
    if (!found || !files || files.length >= mostFiles) return "unknown";
    // GitHub always compares since both parted, which after a force push is another commit than `from`.
    if (!sinceParted && found.merge_base_commit.sha !== from) return "unknown";
    return files.flatMap((file) =>
      file.previous_filename ? [file.filename, file.previous_filename] : [file.filename],
    );
  }

  async function listNamed(kind: "branches" | "tags") {
    const all: { ref: string; sha: string }[] = [];
    const prefix = kind === "branches" ? "refs/heads/" : "refs/tags/";
    for (let page = 1; page <= mostPages; page++) {
      const answer = await http({ path: `${base}/${kind}`, query: { per_page: pageSize, page } });
      const items = readAnswer(answers.namedRefs, answer, kind);
      all.push(...items.map((item) => ({ ref: `${prefix}${item.name}`, sha: item.commit.sha })));
      if (!(answer.headers.get("link") ?? "").includes('rel="next"')) return all;
    }
    throw new ForgeError(`${project} has more than ${mostPages * pageSize} ${kind}.`, {
      retryable: false,
    });
  }

  return {
    readFile,
    listPaths: (sha) => listFiles(http, base, sha),
    changedPaths: (from, to) => compareRefs({ resolveRef: git.resolveRef, compare }, from, to),
    readCommit: git.readCommit,
    readTagMessage: git.readTagMessage,
    readProject: git.readProject,
    listRefs: async () => (await Promise.all([listNamed("branches"), listNamed("tags")])).flat(),
    ...githubMergeRequests({
      http,
      pullRequestHttp: options.pullRequestHttp ?? http,
      base,
      project,
      resolveRef: git.resolveRef,
    }),
    postStatus: async (status) => {
      const { postCheck } = options;
      if (postCheck && status.run && (await postCheck(status, status.run)) === "told") return {};
      const answer = await http({
        method: "POST",
        path: `${base}/statuses/${status.sha}`,
        body: statusBody(status),
        expect: [422],
      });
      // A commit's context holds 1000 statuses and no more: the newest of them stays.
      if (answer.status === 422 && !/maximum number of statuses/i.test(answer.text))
        throw new ForgeError(
          `GitHub refused the status of ${status.sha}: ${answer.text.slice(0, 200)}`,
          { retryable: false },
        );
      return {};
    },
    cloneAccess: async () => ({
      url: `${options.url}/${encodePath(project)}.git`,
      username: "x-access-token",
      password: await options.cloneToken(),
    }),
  };
}

function statusBody(status: CommitStatus) {
  const states = {
    pending: "pending",
    running: "pending",
    success: "success",
    failed: "failure",
    canceled: "error",
    skipped: "success",
  } as const;
  return {
    state: states[status.state],
    context: status.context,
    description: shorten(status.description, 140),
    target_url: status.targetUrl,
  };
}

function decodeBase64(content: string): string {
  return Buffer.from(content, "base64").toString("utf8");
}

function tooLarge(path: string): ForgeError {
  return new ForgeError(
    `${path} is larger than the ${largestFile} bytes that are read of a file.`,
    {
      retryable: false,
    },
  );
}
