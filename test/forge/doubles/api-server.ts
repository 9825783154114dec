import { execFileSync } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { dirname } from "node:path";
import { buffer } from "node:stream/consumers";
import { feedBackend, relayReply, startBackend } from "#local/git-host/git-backend.ts";
import { readBasicToken } from "#local/git-host/git-request.ts";
import { portOf } from "../../local/git-host/git-fixture.ts";

export type Call = {
  readonly method: string;
  /** Still encoded, without the API's prefix. */
  readonly path: string;
  /** Decoded groups of the route's pattern. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
};

export type Reply = {
  readonly status?: number;
  readonly json?: unknown;
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Route = readonly [method: string, path: RegExp, handle: (call: Call) => Reply];

export const notFound: Reply = { status: 404, json: { message: "404 Not Found" } };

export type ApiServer = {
  readonly url: string;
  readonly calls: Call[];
  /** The next so many answers, before anything is looked at. */
  readonly failNext: (times: number, reply: Reply) => void;
  readonly stop: () => Promise<void>;
};

/** A forge on loopback, or wherever `host` is: its API by routes, its repositories by smart HTTP, to be read only. */
export async function serveApi(options: {
  readonly prefix: string;
  readonly routes: readonly Route[];
  /** A reply where the caller may not ask at all. */
  readonly refuse: (call: Call) => Reply | undefined;
  readonly project: string;
  /** `…/<project>.git` */
  readonly repository: string;
  readonly clonePassword: string;
  readonly host?: string;
}): Promise<ApiServer> {
  const calls: Call[] = [];
  const failures: Reply[] = [];
  const program = `${execFileSync("git", ["--exec-path"]).toString().trim()}/git-http-backend`;

  async function api(req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
    const path = url.pathname.slice(options.prefix.length);
    const text = (await buffer(req)).toString();
    const call: Call = {
      method: req.method ?? "GET",
      path,
      params: [],
      query: url.searchParams,
      headers: req.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
    calls.push(call);
    const failure = failures.shift();
    if (failure) return send(res, failure);
    const refused = options.refuse(call);
    if (refused) return send(res, refused);
    for (const [method, pattern, handle] of options.routes) {
      const match = method === call.method ? pattern.exec(path) : null;
      if (!match) continue;
      const params = match.slice(1).map((part) => decodeURIComponent(part ?? ""));
      return send(res, handle({ ...call, params }));
    }
    send(res, notFound);
  }

  async function git(req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
    if (readBasicToken(req) !== options.clonePassword) {
      return send(res, { status: 401, headers: { "www-authenticate": "Basic" } });
    }
    const { child } = startBackend(
      {
        program,
        root: dirname(options.repository),
        path: url.pathname.replace(`/${options.project}.git`, `/${nameOf(options.repository)}`),
        query: url.search.slice(1),
        user: "",
        config: [
          ["safe.directory", "*"],
          ["http.receivepack", "false"],
          ["uploadpack.allowAnySHA1InWant", "true"],
        ],
      },
      req,
    );
    feedBackend(child, req);
    await relayReply(child.stdout, res);
    res.end();
  }

  const server = createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://double");
    const isGit = url.pathname.startsWith(`/${options.project}.git/`);
    (isGit ? git(req, res, url) : api(req, res, url)).catch((error: unknown) =>
      send(res, { status: 500, json: { message: String(error) } }),
    );
  });
  const host = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    url: `http://${host}:${portOf(server)}`,
    calls,
    failNext: (times, reply) => failures.push(...Array.from({ length: times }, () => reply)),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One page of a list, as a `Link` header with the next one tells (RFC 8288). */
export function pageOf<T>(items: readonly T[], page: number, size: number) {
  const rest = items.length > page * size;
  return {
    items: items.slice((page - 1) * size, page * size),
    next: rest ? page + 1 : undefined,
    link: rest ? { link: `<http://double/?page=${page + 1}>; rel="next"` } : {},
  };
}

function nameOf(directory: string): string {
  return directory.slice(directory.lastIndexOf("/") + 1);
}

function send(res: ServerResponse, reply: Reply): void {
  const { status = 200, json, bytes, headers = {} } = reply;
  const type = bytes === undefined ? "application/json" : "application/octet-stream";
  res.writeHead(status, { "content-type": type, ...headers });
  res.end(bytes ?? (json === undefined ? "" : JSON.stringify(json)));
}
