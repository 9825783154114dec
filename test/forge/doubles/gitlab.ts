import * as z from "zod/mini";
import { type Call, notFound, pageOf, type Reply, type Route, serveApi } from "./api-server.ts";
import { gitlabHookRoutes, type HookEvent, type StoredHook } from "./gitlab-hooks.ts";
import { gitlabStatuses } from "./gitlab-statuses.ts";
import { gitlabMergeRequestRoutes } from "./merge-requests.ts";
import { readRepository } from "./repository.ts";

export const gitlabProject = { id: 42, path: "group/sub/app" };
export const gitlabForkId = 77;

const noteBody = z.object({ body: z.string() });

/** A GitLab server with one project and a fork of it, as strict as its documentation says. */
export async function gitlabDouble(options: {
  readonly repository: string;
  readonly host?: string;
  /** Role in the project: 30 Developer, 40 Maintainer. */
  readonly accessLevel?: number;
  readonly forkAccessLevel?: number;
  readonly scopes?: readonly string[];
  /** Servers before 19.0 know no signing tokens. */
  readonly signs?: boolean;
  readonly pageSize?: number;
}) {
  const { accessLevel = 40, forkAccessLevel = 0, scopes = ["api"], signs = true } = options;
  const git = readRepository(options.repository);
  const token = "glpat-double-token";
  const statuses = gitlabStatuses(git);
  const hooks: StoredHook[] = [];
  const hookEvents: HookEvent[] = [];
  const resent: number[] = [];
  const trial = { status: 200 };
  const notes: { iid: number; body: string }[] = [];

  const levelIn = (id: string): number | undefined => {
    if (id === String(gitlabProject.id) || id.toLowerCase() === gitlabProject.path)
      return accessLevel;
    return id === String(gitlabForkId) ? forkAccessLevel : undefined;
  };
  const list = (call: Call, items: readonly unknown[]): Reply => {
    const size = Math.min(Number(call.query.get("per_page") ?? 20), options.pageSize ?? 100);
    const page = pageOf(items, Number(call.query.get("page") ?? 1), size);
    return { json: page.items, headers: { "x-next-page": String(page.next ?? "") } };
  };
  const commitOf = (sha: string) => {
    const found = git.commit(sha);
    return {
      id: found.id,
      message: found.message,
      author_name: found.name,
      author_email: found.email,
      committed_date: found.committed,
    };
  };
  const refOf = (ref: ReturnType<typeof git.refs>[number]) => ({
    name: ref.name,
    message: ref.type === "tag" ? (git.tag(ref.object)?.message.trim() ?? null) : null,
    commit: ref.commit === undefined ? null : { id: ref.commit },
  });
  const project = "/projects/([^/]+)";
  const repository = `${project}/repository`;
  const at = (path: string): RegExp => new RegExp(`^${path}$`);

  const routes: Route[] = [
    [
      "GET",
      at(project),
      () => ({
        json: {
          id: gitlabProject.id,
          path_with_namespace: gitlabProject.path,
          name: "App",
          description: null,
          visibility: "private",
          default_branch: "main",
          web_url: `http://gitlab.example/${gitlabProject.path}`,
          permissions: { project_access: { access_level: accessLevel }, group_access: null },
        },
      }),
    ],
    ["GET", at("/personal_access_tokens/self"), () => ({ json: { scopes, expires_at: null } })],
    [
      "GET",
      at(`${repository}/files/([^/]+)/raw`),
      ({ params, query }) => {
        const bytes = git.blob(query.get("ref") ?? "HEAD", params[1] ?? "");
        return bytes === undefined ? notFound : { bytes };
      },
    ],
    [
      "GET",
      at(`${repository}/tree`),
      (call) => {
        const sha = call.query.get("ref") ?? "HEAD";
        if (git.resolve(sha) === undefined) return { status: 404, json: { message: "404 Tree" } };
        return list(call, git.tree(sha, call.query.get("recursive") === "true"));
      },
    ],
    [
      "GET",
      at(`${repository}/compare`),
      ({ query }) => {
        const from = git.resolve(query.get("from") ?? "");
        const to = git.resolve(query.get("to") ?? "");
        if (from === undefined || to === undefined) return notFound;
        const base = query.get("straight") === "true" ? from : git.mergeBase(from, to);
        if (base === undefined) return notFound;
        const diffs = git.changed(base, to).map((path) => ({ old_path: path, new_path: path }));
        const commits = git.commitsBetween(from, to).map(commitOf);
        return { json: { commits, diffs, compare_timeout: false } };
      },
    ],
    [
      "GET",
      at(`${repository}/commits/([^/]+)`),
      ({ params }) => {
        const sha = git.resolve(params[1] ?? "");
        return sha === undefined ? notFound : { json: commitOf(sha) };
      },
    ],
    ["GET", at(`${repository}/branches`), (call) => list(call, git.refs("refs/heads").map(refOf))],
    ["GET", at(`${repository}/tags`), (call) => list(call, git.refs("refs/tags").map(refOf))],
    [
      "GET",
      at(`${repository}/(branches|tags)/([^/]+)`),
      ({ params }) => {
        const refs = git.refs(params[1] === "tags" ? "refs/tags" : "refs/heads");
        const found = refs.find((ref) => ref.name === params[2]);
        return found === undefined ? notFound : { json: refOf(found) };
      },
    ],
    [
      "POST",
      at(`${project}/statuses/([^/]+)`),
      ({ params, body }) => {
        if ((levelIn(params[0] ?? "") ?? 0) < 30)
          return { status: 403, json: { message: "403 Forbidden" } };
        const where = params[0] === String(gitlabForkId) ? gitlabForkId : gitlabProject.id;
        return statuses.post(where, params[1] ?? "", body);
      },
    ],
    [
      "POST",
      at(`${project}/merge_requests/(\\d+)/notes`),
      ({ params, body }) => {
        notes.push({ iid: Number(params[1]), ...noteBody.parse(body) });
        return { status: 201, json: { id: notes.length } };
      },
    ],
    ...gitlabMergeRequestRoutes(git, list, { project: gitlabProject.id, fork: gitlabForkId }),
    ...gitlabHookRoutes({
      ...{ hooks, signs, events: hookEvents, resent, trial },
      mayEdit: accessLevel >= 40,
    }),
  ];

  const server = await serveApi({
    prefix: "/api/v4",
    routes,
    refuse: (call) => {
      if (call.headers["private-token"] !== token)
        return { status: 401, json: { message: "401 Unauthorized" } };
      const id = /^\/projects\/([^/]+)/.exec(call.path)?.[1];
      const level = id === undefined ? 50 : levelIn(decodeURIComponent(id));
      return level === undefined ? notFound : undefined;
    },
    project: gitlabProject.path,
    repository: options.repository,
    clonePassword: token,
    ...(options.host === undefined ? {} : { host: options.host }),
  });
  return { ...server, token, statuses, hooks, hookEvents, resent, trial, notes };
}
