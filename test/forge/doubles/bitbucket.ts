import * as z from "zod/mini";
import { type Call, notFound, pageOf, type Reply, type Route, serveApi } from "./api-server.ts";
import { bitbucketPullRoutes } from "./merge-requests.ts";
import { readRepository } from "./repository.ts";

export const bitbucketProject = "space/app";

const statusBody = z.looseObject({
  key: z.string(),
  state: z.string(),
  url: z.string(),
  refname: z.optional(z.string()),
});
const hookBody = z.looseObject({ url: z.string() });
type Status = z.infer<typeof statusBody>;
type Hook = z.infer<typeof hookBody> & { uuid: string };

/** Bitbucket Cloud with one repository: lists with whole "next" addresses, statuses that overwrite by key. */
export async function bitbucketDouble(options: {
  readonly repository: string;
  readonly host?: string;
  readonly scopes?: string;
  readonly pageSize?: number;
}) {
  const { scopes = "repository:write, webhook", pageSize = 100 } = options;
  const git = readRepository(options.repository);
  const token = "bitbucket-double-token";
  const statuses = new Map<string, Status>();
  const history: string[] = [];
  const hooks: Hook[] = [];
  const self = { url: "" };

  const repo = "/repositories/[^/]+/[^/]+";
  const at = (path: string): RegExp => new RegExp(`^${path}$`);
  const wrong = (message: string): Reply => ({
    status: 400,
    json: { type: "error", error: { message } },
  });
  const list = (call: Call, values: readonly unknown[]): Reply => {
    const page = pageOf(
      values,
      Number(call.query.get("page") ?? 1),
      Math.min(Number(call.query.get("pagelen") ?? 10), pageSize),
    );
    const query = new URLSearchParams(call.query);
    query.set("page", String(page.next));
    const next = page.next && { next: `${self.url}/2.0${call.path}?${query}` };
    return { json: { values: page.items, ...next } };
  };
  const refOf = (ref: ReturnType<typeof git.refs>[number]) => {
    const tag = ref.type === "tag" ? git.tag(ref.object) : undefined;
    return {
      name: ref.name,
      message: tag?.message ?? null,
      tagger: tag === undefined ? null : { raw: "Ann <ann@example.com>" },
      target: { hash: ref.commit },
    };
  };
  const listRefs = (call: Call, prefix: "refs/heads" | "refs/tags"): Reply =>
    list(
      call,
      git
        .refs(prefix)
        .filter((ref) => ref.commit !== undefined)
        .map(refOf),
    );

  const routes: Route[] = [
    [
      "GET",
      at(repo),
      () => ({
        json: {
          uuid: "{11111111-2222-3333-4444-555555555555}",
          full_name: bitbucketProject,
          name: "app",
          description: "",
          is_private: true,
          mainbranch: { name: "main" },
          links: { html: { href: `http://bitbucket.example/${bitbucketProject}` } },
        },
        headers: { "x-oauth-scopes": scopes },
      }),
    ],
    [
      "GET",
      at(`${repo}/src/([^/]+)/(.*)`),
      (call) => {
        const [sha = "", path = ""] = call.params;
        if (git.resolve(sha) === undefined) return notFound;
        const type = path === "" ? "tree" : git.typeOf(`${sha}:${path}`);
        if (type === undefined) return notFound;
        const isFile = type === "blob";
        const bytes = isFile ? git.blob(sha, path) : undefined;
        if (call.query.get("format") === "meta")
          return {
            json: { type: isFile ? "commit_file" : "commit_directory", path, size: bytes?.length },
          };
        if (bytes !== undefined) return { bytes };
        const deep = Number(call.query.get("max_depth") ?? 1);
        const entries = git
          .tree(sha)
          .filter((entry) => entry.path.split("/").length <= deep)
          .map((entry) => ({
            path: entry.path,
            type: entry.type === "tree" ? "commit_directory" : "commit_file",
          }));
        return list(call, entries);
      },
    ],
    [
      "GET",
      at(`${repo}/commit/([^/]+)`),
      ({ params }) => {
        const sha = git.resolve(params[0] ?? "");
        if (sha === undefined) return notFound;
        const found = git.commit(sha);
        return {
          json: {
            hash: found.id,
            message: found.message,
            date: found.committed,
            author: { raw: `${found.name} <${found.email}>` },
          },
        };
      },
    ],
    ["GET", at(`${repo}/refs/branches`), (call) => listRefs(call, "refs/heads")],
    ["GET", at(`${repo}/refs/tags`), (call) => listRefs(call, "refs/tags")],
    [
      "GET",
      at(`${repo}/refs/(branches|tags)/(.+)`),
      ({ params }) => {
        const refs = git.refs(params[0] === "tags" ? "refs/tags" : "refs/heads");
        const found = refs.find((ref) => ref.name === params[1]);
        return found?.commit === undefined ? notFound : { json: refOf(found) };
      },
    ],
    [
      "GET",
      at(`${repo}/diffstat/([^/]+)`),
      (call) => {
        const [to, from] = (call.params[0] ?? "").split("..").map(git.resolve);
        if (from === undefined || to === undefined) return notFound;
        const base = call.query.get("topic") === "true" ? git.mergeBase(from, to) : from;
        if (base === undefined) return notFound;
        return list(
          call,
          git.changed(base, to).map((path) => ({ old: { path }, new: { path } })),
        );
      },
    ],
    [
      "POST",
      at(`${repo}/commit/([^/]+)/statuses/build`),
      ({ params, body }) => {
        const [sha = ""] = params;
        if (git.resolve(sha) !== sha) return notFound;
        const status = statusBody.parse(body);
        if (status.key === "" || status.key.length > 40)
          return wrong("key must have 1 to 40 characters");
        if (!URL.canParse(status.url)) return wrong("url is required");
        if (!["INPROGRESS", "SUCCESSFUL", "FAILED", "STOPPED"].includes(status.state))
          return wrong("state is not a valid choice");
        statuses.set(`${sha} ${status.key}`, status);
        history.push(status.state);
        return { status: 201, json: status };
      },
    ],
    ...bitbucketPullRoutes(git, list, bitbucketProject),
    ["GET", at(`${repo}/hooks`), (call) => list(call, hooks)],
    [
      "POST",
      at(`${repo}/hooks`),
      ({ body }) => {
        hooks.push({ uuid: `{hook-${hooks.length + 1}}`, ...hookBody.parse(body) });
        return { status: 201, json: hooks.at(-1) };
      },
    ],
    [
      "PUT",
      at(`${repo}/hooks/([^/]+)`),
      ({ params, body }) => {
        const hook = hooks.find((each) => each.uuid === params[0]);
        return hook === undefined ? notFound : { json: Object.assign(hook, body) };
      },
    ],
  ];

  const server = await serveApi({
    prefix: "/2.0",
    routes,
    refuse: ({ path, headers }) => {
      if (headers.authorization !== `Bearer ${token}`)
        return { status: 401, json: { type: "error", error: { message: "Token is invalid" } } };
      return path.toLowerCase().startsWith(`/repositories/${bitbucketProject}`)
        ? undefined
        : notFound;
    },
    project: bitbucketProject,
    repository: options.repository,
    clonePassword: token,
    ...(options.host === undefined ? {} : { host: options.host }),
  });
  self.url = server.url;
  return { ...server, token, statuses, history, hooks };
}
