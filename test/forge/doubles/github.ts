import * as z from "zod/mini";
import { type Call, notFound, pageOf, type Reply, type Route, serveApi } from "./api-server.ts";
import { gitObjects } from "./git-objects.ts";
import { appKeys, githubAppRoutes, type InstallationToken } from "./github-app.ts";
import { type CheckRun, githubCheckRoutes } from "./github-checks.ts";
import { githubPullRoutes } from "./merge-requests.ts";
import { readRepository } from "./repository.ts";

export const githubProject = "octo/app";

export const appPermissions = {
  metadata: "read",
  contents: "read",
  statuses: "write",
  pull_requests: "read",
  repository_hooks: "write",
  checks: "write",
};

const notAccessible: Reply = {
  status: 403,
  json: { message: "Resource not accessible by integration" },
};

const statusBody = z.object({
  state: z.string(),
  context: z._default(z.string(), "default"),
  description: z._default(z.string(), ""),
});
const hookBody = z.looseObject({
  config: z.record(z.string(), z.string()),
  events: z.array(z.string()),
  active: z.boolean(),
});

/** An attempt to deliver; newest first. */
export type GitHubDelivery = {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly status_code: number;
  readonly payload: unknown;
};

/** GitHub with one repository and one installed App, as strict as its documentation says. */
export async function githubDouble(options: {
  readonly repository: string;
  readonly host?: string;
  readonly admin?: boolean;
  readonly scopes?: string;
  readonly maxTreeEntries?: number;
  readonly pageSize?: number;
  /** What the App's installation was granted. */
  readonly granted?: Readonly<Record<string, string>>;
}) {
  const { admin = true, scopes = "repo", maxTreeEntries = 100_000 } = options;
  const git = readRepository(options.repository);
  const objects = gitObjects(git);
  const token = "ghp_double-token";
  const app = { id: "Iv1.double", installation: 9, ...appKeys };
  const installationTokens: InstallationToken[] = [];
  const checks: CheckRun[] = [];
  const statuses: { sha: string; context: string; state: string; description: string }[] = [];
  const hooks: (z.infer<typeof hookBody> & { id: number })[] = [];
  const rights = { pullRequests: true };
  const granted: Readonly<Record<string, string>> = options.granted ?? appPermissions;
  const deliveries: GitHubDelivery[] = [];
  const redelivered: number[] = [];
  const limits = { statusesPerContext: 1000 };
  const unfit = (call: Call, permission: string): Reply | undefined => {
    const given = installationTokens.find((each) =>
      call.headers.authorization?.endsWith(each.token),
    );
    return given && given.permissions[permission] !== "write" ? notAccessible : undefined;
  };

  const repo = "/repos/[^/]+/[^/]+";
  const at = (path: string): RegExp => new RegExp(`^${path}$`);
  const invalid = (message: string): Reply => ({
    status: 422,
    json: { message: "Validation Failed", errors: [{ message }] },
  });
  const isApp = (call: Call) => !call.headers.authorization?.endsWith(token);
  const list = (call: Call, items: readonly unknown[]): Reply => {
    const size = Math.min(Number(call.query.get("per_page") ?? 30), options.pageSize ?? 100);
    const page = pageOf(items, Number(call.query.get("page") ?? 1), size);
    return { json: page.items, headers: page.link };
  };

  const routes: Route[] = [
    [
      "GET",
      at(repo),
      () => ({
        json: {
          id: 4242,
          full_name: githubProject,
          name: "app",
          description: null,
          private: true,
          visibility: "private",
          default_branch: "main",
          html_url: `http://github.example/${githubProject}`,
          permissions: { admin, push: true, pull: true },
        },
        headers: { "x-oauth-scopes": scopes },
      }),
    ],
    [
      "GET",
      at(`${repo}/contents/(.+)`),
      ({ params, query, headers }) => {
        const [path = ""] = params;
        const sha = query.get("ref") ?? "HEAD";
        const type = git.typeOf(`${sha}:${path}`);
        if (type === undefined) return notFound;
        if (type === "tree") return { json: { type: "dir", entries: [] } };
        const bytes = git.blob(sha, path) ?? Buffer.alloc(0);
        if (headers.accept === "application/vnd.github.raw+json") return { bytes };
        const small = bytes.length <= 1024 * 1024;
        const encoding = small ? "base64" : "none";
        const content = small ? bytes.toString("base64").replace(/.{60}/g, "$&\n") : "";
        return { json: { type: "file", size: bytes.length, encoding, content } };
      },
    ],
    [
      "GET",
      at(`${repo}/git/trees/([^/]+)`),
      ({ params, query }) => {
        const [sha = ""] = params;
        if (git.typeOf(sha) === undefined) return notFound;
        const all = git.tree(sha, query.has("recursive"));
        const truncated = query.has("recursive") && all.length > maxTreeEntries;
        return { json: { tree: truncated ? all.slice(0, maxTreeEntries) : all, truncated } };
      },
    ],
    [
      "GET",
      at(`${repo}/commits/([^/]+)`),
      ({ params }) =>
        objects.commit(params[0] ?? "", {
          status: 422,
          json: { message: `No commit found for SHA: ${params[0]}` },
        }),
    ],
    ["GET", at(`${repo}/git/tags/([^/]+)`), ({ params }) => objects.tag(params[0] ?? "")],
    [
      "GET",
      at(`${repo}/git/ref/(.+)`),
      ({ params }) => {
        const found = objects.refs().find((each) => each.ref === `refs/${params[0]}`);
        return found === undefined ? notFound : { json: found };
      },
    ],
    [
      "GET",
      at(`${repo}/(branches|tags)`),
      (call) =>
        list(
          call,
          git
            .refs(call.params[0] === "tags" ? "refs/tags" : "refs/heads")
            // What leads to no commit is not listed.
            .flatMap(({ name, commit }) =>
              commit === undefined ? [] : [{ name, commit: { sha: commit } }],
            ),
        ),
    ],
    [
      "GET",
      at(`${repo}/compare/([^/]+)`),
      ({ params }) => {
        const [from = "", to = ""] = (params[0] ?? "").split("...").map(git.resolve);
        const base = from && to ? git.mergeBase(from, to) : undefined;
        if (base === undefined) return notFound;
        const files = git.changed(base, to).slice(0, 300);
        return {
          json: {
            merge_base_commit: { sha: base },
            files: files.map((filename) => ({ filename })),
          },
        };
      },
    ],
    [
      "POST",
      at(`${repo}/statuses/([^/]+)`),
      (call) => {
        const refused = unfit(call, "statuses");
        if (refused) return refused;
        const { params, body } = call;
        const [sha = ""] = params;
        const { state, context, description } = statusBody.parse(body);
        if (git.resolve(sha) !== sha) return invalid(`No commit found for SHA: ${sha}`);
        if (!["error", "failure", "pending", "success"].includes(state))
          return invalid("state is not included in the list");
        if ([...description].length > 140)
          return invalid("description is too long (maximum is 140 characters)");
        const same = statuses.filter((each) => each.sha === sha && each.context === context);
        if (same.length >= limits.statusesPerContext)
          return invalid("This SHA and context has reached the maximum number of statuses.");
        statuses.push({ sha, context, state, description });
        return { status: 201, json: { id: statuses.length, state } };
      },
    ],
    ...githubCheckRoutes({
      runs: checks,
      list,
      isCommit: (sha) => git.resolve(sha) === sha,
      isApp,
      unfit,
      invalid,
    }),
    ...githubPullRoutes(list, githubProject, () => rights.pullRequests),
    ["GET", at(`${repo}/hooks`), (call) => (admin ? list(call, hooks) : notFound)],
    [
      "POST",
      at(`${repo}/hooks`),
      ({ body }) => {
        if (!admin) return notFound;
        const asked = hookBody.parse(body);
        if (hooks.some((hook) => hook.config.url === asked.config.url))
          return invalid("Hook already exists on this repository");
        hooks.push({ id: hooks.length + 1, ...asked });
        return { status: 201, json: hooks.at(-1) };
      },
    ],
    [
      "PATCH",
      at(`${repo}/hooks/(\\d+)`),
      ({ params, body }) => {
        const hook = hooks.find((each) => each.id === Number(params[0]));
        if (hook === undefined) return notFound;
        return { json: Object.assign(hook, body) };
      },
    ],
    [
      "GET",
      at(`${repo}/hooks/\\d+/deliveries`),
      (call) =>
        admin
          ? list(
              call,
              deliveries.map(({ payload: _, ...shown }) => shown),
            )
          : notFound,
    ],
    [
      "GET",
      at(`${repo}/hooks/\\d+/deliveries/(\\d+)`),
      ({ params }) => {
        const found = deliveries.find(({ id }) => id === Number(params[0]));
        if (!admin || found === undefined) return notFound;
        const { payload, ...shown } = found;
        return { json: { ...shown, request: { headers: {}, payload } } };
      },
    ],
    [
      "POST",
      at(`${repo}/hooks/\\d+/deliveries/(\\d+)/attempts`),
      ({ params }) => {
        const found = deliveries.find(({ id }) => id === Number(params[0]));
        if (!admin || found === undefined) return notFound;
        redelivered.push(found.id);
        return { status: 202, json: {} };
      },
    ],
    ...githubAppRoutes({ app, granted, installationTokens, invalid }),
  ];

  const server = await serveApi({
    prefix: "/api/v3",
    routes,
    refuse: ({ path, headers }) => {
      if (path.startsWith("/app/")) return undefined;
      const given = headers.authorization?.replace("Bearer ", "");
      const known = [token, ...installationTokens.map((each) => each.token)];
      if (given === undefined || !known.includes(given))
        return { status: 401, json: { message: "Bad credentials" } };
      return path.toLowerCase().startsWith(`/repos/${githubProject}`) ? undefined : notFound;
    },
    project: githubProject,
    repository: options.repository,
    clonePassword: token,
    ...(options.host === undefined ? {} : { host: options.host }),
  });
  return {
    ...server,
    token,
    app,
    installationTokens,
    statuses,
    checks,
    hooks,
    deliveries,
    redelivered,
    limits,
    rights,
  };
}
