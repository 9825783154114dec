import { type Call, notFound, type Reply, type Route } from "./api-server.ts";
import type { RepositoryReader } from "./repository.ts";

// Two open merge requests from `feature/x` into `main`, one of them from a fork, and one from another branch.
const open = [
  { iid: 1, branch: "feature/x", fork: false },
  { iid: 2, branch: "feature/x", fork: true },
  { iid: 3, branch: "other", fork: false },
];

type List = (call: Call, items: readonly unknown[]) => Reply;

const at = (path: string): RegExp => new RegExp(`^${path}$`);

/** `GET …/merge_requests` and `…/repository/merge_base`. */
export function gitlabMergeRequestRoutes(
  git: RepositoryReader,
  list: List,
  ids: { readonly project: number; readonly fork: number },
): Route[] {
  const project = "/projects/[^/]+";
  return [
    [
      "GET",
      at(`${project}/merge_requests`),
      (call) =>
        list(
          call,
          open
            .filter(({ branch }) => branch === call.query.get("source_branch"))
            .map(({ iid, fork }) => ({
              iid,
              source_project_id: fork ? ids.fork : ids.project,
              target_project_id: ids.project,
            })),
        ),
    ],
    [
      "GET",
      at(`${project}/repository/merge_base`),
      ({ query }) => {
        const [a = "", b = ""] = query.getAll("refs[]");
        if (git.resolve(a) === undefined || git.resolve(b) === undefined)
          return { status: 400, json: { message: "Could not find ref" } };
        const base = git.mergeBase(a, b);
        if (base === undefined) return notFound;
        return { json: { id: base, committed_date: git.commit(base).committed } };
      },
    ],
  ];
}

/** `GET …/pulls`, asked for one `head` of one owner. */
export function githubPullRoutes(list: List, project: string, mayRead: () => boolean): Route[] {
  return [
    [
      "GET",
      at("/repos/[^/]+/[^/]+/pulls"),
      (call) => {
        if (!mayRead())
          return { status: 403, json: { message: "Resource not accessible by integration" } };
        const [owner, branch] = (call.query.get("head") ?? "").split(/:(.*)/s);
        const found = open.filter((each) => each.branch === branch);
        if (owner !== project.split("/")[0]) return { json: [] };
        return list(
          call,
          found.map(({ iid, fork }) => ({
            number: iid,
            // A fork may belong to the same owner under another name.
            head: { repo: { full_name: fork ? `${project}-copy` : project } },
          })),
        );
      },
    ],
  ];
}

/** `GET …/pulls`, which takes no branch, and `…/pulls/N` with the merge base. */
export function giteaPullRoutes(git: RepositoryReader, list: List): Route[] {
  const pulls = "/repos/[^/]+/[^/]+/pulls";
  const pullOf = ({ iid, branch, fork }: (typeof open)[number]) => ({
    number: iid,
    head: { ref: branch, sha: git.resolve(branch), repo_id: fork ? 8 : 7 },
    base: { ref: "main", sha: git.resolve("main"), repo_id: 7 },
    merge_base: git.mergeBase("main", branch) ?? null,
  });
  return [
    ["GET", at(pulls), (call) => list(call, open.toReversed().map(pullOf))],
    [
      "GET",
      at(`${pulls}/(\\d+)`),
      ({ params }) => {
        const found = open.find(({ iid }) => iid === Number(params[0]));
        return found === undefined ? notFound : { json: pullOf(found) };
      },
    ],
  ];
}

/** `GET …/pullrequests` with a query, and `…/merge-base/A..B`. */
export function bitbucketPullRoutes(git: RepositoryReader, list: List, project: string): Route[] {
  const repo = "/repositories/[^/]+/[^/]+";
  return [
    [
      "GET",
      at(`${repo}/pullrequests`),
      (call) => {
        const asked = call.query.get("q") ?? "";
        const branch = /^state="OPEN" AND source\.branch\.name="(.*)"$/.exec(asked)?.[1];
        if (branch === undefined) return { status: 400, json: { error: { message: asked } } };
        const found = open.filter((each) => each.branch === branch.replaceAll('\\"', '"'));
        return list(
          call,
          found.map(({ iid, fork }) => ({
            id: iid,
            source: { repository: { full_name: fork ? "stranger/app" : project } },
          })),
        );
      },
    ],
    [
      "GET",
      at(`${repo}/merge-base/([^/]+)`),
      ({ params }) => {
        const [a = "", b = ""] = (params[0] ?? "").split("..");
        const base = git.mergeBase(a, b);
        return base === undefined ? notFound : { json: { type: "commit", hash: base } };
      },
    ],
  ];
}
