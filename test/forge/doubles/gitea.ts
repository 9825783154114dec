import * as z from "zod/mini";
import { type Call, notFound, pageOf, type Reply, type Route, serveApi } from "./api-server.ts";
import { gitObjects } from "./git-objects.ts";
import { giteaPullRoutes } from "./merge-requests.ts";
import { readRepository } from "./repository.ts";

export const giteaProject = "team/app";

const statusBody = z.object({ context: z.string(), state: z.string() });
const hookBody = z.looseObject({
  type: z.string(),
  config: z.record(z.string(), z.string()),
  events: z.array(z.string()),
});
type Hook = z.infer<typeof hookBody> & { id: number };

/** A Gitea server with one repository; an old one does not know the status "skipped". */
export async function giteaDouble(options: {
  readonly repository: string;
  readonly host?: string;
  readonly knowsSkipped?: boolean;
  readonly admin?: boolean;
  readonly pageSize?: number;
}) {
  const { knowsSkipped = true, admin = true, pageSize = 50 } = options;
  const git = readRepository(options.repository);
  const objects = gitObjects(git);
  const token = "gitea-double-token";
  const statuses: { sha: string; context: string; state: string }[] = [];
  const hooks: Hook[] = [];
  const states = ["pending", "success", "error", "failure", "warning"];

  const repo = "/repos/[^/]+/[^/]+";
  const at = (path: string): RegExp => new RegExp(`^${path}$`);
  const forbidden: Reply = { status: 403, json: { message: "user should be an admin" } };
  const list = (call: Call, items: readonly unknown[]): Reply => {
    // An installation's limit counts, whatever is asked for.
    const size = Math.min(Number(call.query.get("limit") ?? 30), pageSize);
    const page = pageOf(items, Number(call.query.get("page") ?? 1), size);
    return { json: page.items, headers: { "x-total-count": String(items.length) } };
  };

  const routes: Route[] = [
    [
      "GET",
      at(repo),
      () => ({
        json: {
          id: 7,
          full_name: giteaProject,
          name: "app",
          description: "",
          private: true,
          internal: false,
          default_branch: "main",
          html_url: `http://gitea.example/${giteaProject}`,
          permissions: { admin, push: true, pull: true },
        },
      }),
    ],
    [
      "GET",
      at(`${repo}/raw/(.+)`),
      ({ params, query }) => {
        const bytes = git.blob(query.get("ref") ?? "HEAD", params[0] ?? "");
        return bytes === undefined ? notFound : { bytes };
      },
    ],
    [
      "GET",
      at(`${repo}/git/trees/([^/]+)`),
      ({ params, query }) => {
        if (git.resolve(params[0] ?? "") === undefined) return notFound;
        const all = git.tree(params[0] ?? "", query.get("recursive") === "true");
        const size = Math.min(Number(query.get("per_page") ?? 1000), pageSize);
        const page = pageOf(all, Number(query.get("page") ?? 1), size);
        const truncated = page.next !== undefined;
        return { json: { tree: page.items, truncated, total_count: all.length } };
      },
    ],
    ["GET", at(`${repo}/git/commits/([^/]+)`), ({ params }) => objects.commit(params[0] ?? "")],
    ["GET", at(`${repo}/git/tags/([^/]+)`), ({ params }) => objects.tag(params[0] ?? "")],
    [
      "GET",
      at(`${repo}/git/refs/(.+)`),
      ({ params }) => {
        const found = objects.refs().filter((each) => each.ref.startsWith(`refs/${params[0]}`));
        return found.length === 0 ? notFound : { json: found };
      },
    ],
    [
      "GET",
      at(`${repo}/branches`),
      (call) =>
        list(
          call,
          git.refs("refs/heads").map(({ name, commit }) => ({ name, commit: { id: commit } })),
        ),
    ],
    [
      "GET",
      at(`${repo}/tags`),
      (call) =>
        list(
          call,
          git
            .refs("refs/tags")
            .flatMap(({ name, commit }) =>
              commit === undefined ? [] : [{ name, commit: { sha: commit } }],
            ),
        ),
    ],
    [
      "GET",
      at(`${repo}/compare/([^/]+)`),
      ({ params }) => {
        const [from, to] = (params[0] ?? "").split("...").map(git.resolve);
        if (from === undefined || to === undefined) return notFound;
        const commits = git.commitsBetween(from, to).map((sha) => ({
          sha,
          files: git.changedIn(sha).map((filename) => ({ filename, status: "modified" })),
        }));
        return { json: { total_commits: commits.length, commits } };
      },
    ],
    ...giteaPullRoutes(git, list),
    [
      "POST",
      at(`${repo}/statuses/([^/]+)`),
      ({ params, body }) => {
        const [sha = ""] = params;
        if (git.resolve(sha) !== sha) return notFound;
        const known = knowsSkipped ? [...states, "skipped"] : states;
        const { context, state } = statusBody.parse(body);
        if (!known.includes(state))
          return { status: 422, json: { message: `invalid state: ${state}` } };
        statuses.push({ sha, context, state });
        return { status: 201, json: { id: statuses.length, status: state } };
      },
    ],
    ["GET", at(`${repo}/hooks`), (call) => (admin ? list(call, hooks) : forbidden)],
    [
      "POST",
      at(`${repo}/hooks`),
      ({ body }) => {
        if (!admin) return forbidden;
        hooks.push({ id: hooks.length + 1, ...hookBody.parse(body) });
        return { status: 201, json: hooks.at(-1) };
      },
    ],
    [
      "PATCH",
      at(`${repo}/hooks/(\\d+)`),
      ({ params, body }) => {
        const hook = hooks.find((each) => each.id === Number(params[0]));
        return hook === undefined ? notFound : { json: Object.assign(hook, body) };
      },
    ],
  ];

  const server = await serveApi({
    prefix: "/api/v1",
    routes,
    refuse: ({ path, headers }) => {
      if (headers.authorization !== `token ${token}`)
        return { status: 401, json: { message: "user does not exist" } };
      return path.toLowerCase().startsWith(`/repos/${giteaProject}`) ? undefined : notFound;
    },
    project: giteaProject,
    repository: options.repository,
    clonePassword: token,
    ...(options.host === undefined ? {} : { host: options.host }),
  });
  return { ...server, token, statuses, hooks };
}
