import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { closedGit, type GitSetting } from "#git/environment.ts";
import { defined } from "#language/defined.ts";
import { send } from "./git-stream.ts";

export type BackendRequest = {
  /** Path of the `git-http-backend` program. */
  readonly program: string;
  readonly root: string;
  /** `/<project>.git/<service>`, already checked. */
  readonly path: string;
  readonly query: string;
  readonly user: string;
  readonly config: readonly GitSetting[];
};

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export type Backend = {
  readonly child: Child;
  /** What the post-receive hook writes to, and what it reads from. */
  readonly fromHook: Socket;
  readonly toHook: Socket;
};

/** Starts git's own CGI program for one request (git manual: git-http-backend). */
export function startBackend(request: BackendRequest, req: IncomingMessage): Backend {
  const child = spawn(request.program, [], {
    cwd: request.root,
    env: closedGit({
      variables: cgiEnvironment(request, req),
      settings: request.config,
    }),
    stdio: ["pipe", "pipe", "pipe", "pipe", "pipe"],
  });
  return { child, fromHook: socketOf(child, 3), toHook: socketOf(child, 4) };
}

function cgiEnvironment(request: BackendRequest, req: IncomingMessage): Record<string, string> {
  const { headers } = req;
  const protocol = headers["git-protocol"];
  return {
    REQUEST_METHOD: req.method ?? "GET",
    QUERY_STRING: request.query,
    PATH_INFO: request.path,
    CONTENT_TYPE: headers["content-type"] ?? "",
    // A chunked body has no length: the program then reads to the end.
    ...(headers["content-length"] === undefined
      ? {}
      : { CONTENT_LENGTH: headers["content-length"] }),
    ...defined({ HTTP_CONTENT_ENCODING: headers["content-encoding"] }),
    ...(typeof protocol === "string" ? { GIT_PROTOCOL: protocol } : {}),
    GIT_PROJECT_ROOT: request.root,
    GIT_HTTP_EXPORT_ALL: "1",
    REMOTE_USER: request.user,
  };
}

function socketOf(child: Child, descriptor: 3 | 4): Socket {
  const stream = child.stdio[descriptor];
  if (!(stream instanceof Socket)) throw new Error("A child's extra pipes are sockets.");
  // A hook or a git that ends early breaks the pipe, which its exit code reports already.
  stream.on("error", () => undefined);
  return stream;
}

/** Streams the request's body in. One that is cut off is cut off for git too, which then keeps nothing. */
export function feedBackend(child: Child, req: IncomingMessage): void {
  const { stdin } = child;
  // The client left before git was started: nothing more is told of it, and git would wait for ever.
  if (req.destroyed) {
    stdin.destroy();
    return;
  }
  req.pipe(stdin);
  req.on("close", () => {
    if (!req.complete) stdin.destroy();
  });
  req.on("error", () => stdin.destroy());
  stdin.on("error", () => {
    // Git has given up reading; the client still has to send all before it reads the answer.
    req.unpipe(stdin);
    req.resume();
  });
}

/**
 * Streams the reply out: the CGI head first, then bytes as they come. Where the client is gone the
 * rest is read all the same, so that git and its hook can finish. False where git gave no reply.
 */
export async function relayReply(stdout: Readable, res: ServerResponse): Promise<boolean> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of stdout) {
    if (!Buffer.isBuffer(chunk)) continue;
    if (head === undefined) {
      await send(res, chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1 && head.length > 64 * 1024) return false;
    if (end === -1) continue;
    writeHead(res, head.subarray(0, end).toString("latin1"));
    await send(res, head.subarray(end + 4));
    head = undefined;
  }
  return head === undefined;
}

function writeHead(res: ServerResponse, head: string): void {
  if (res.destroyed) return;
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === "status") res.statusCode = Number.parseInt(value, 10);
    else if (colon > 0) res.setHeader(name, value);
  }
  res.flushHeaders();
}
