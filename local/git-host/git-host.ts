import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { repositoryDirectory } from "#forge/project-path.ts";
import { closedGit, type GitSetting } from "#git/environment.ts";
import { runGit } from "#git/run.ts";
import type { UserFacts } from "#language/facts.ts";
import { inPackage } from "../package-root.ts";
import { exchange } from "./git-exchange.ts";
import type { PushReport } from "./git-push.ts";
import { createRepository, repositoryExists } from "./git-repository.ts";
import { type GitRequest, readBasicToken, readGitRequest } from "./git-request.ts";
import { imageNameClash } from "./image-name-clash.ts";

export type Push = PushReport & {
  readonly project: string;
  readonly user: UserFacts;
  /** Set off when the pusher is gone: the push is handled to its end all the same. */
  readonly signal: AbortSignal;
};

export type GitHostOptions = {
  /** Directory of the bare repositories, `<root>/<project>.git`. */
  readonly root: string;
  /**
   * Decides on every request, known project or not. "denied" asks for other credentials (401),
   * "forbidden" says that these may not do this (403).
   */
  readonly authorize: (request: {
    readonly project: string;
    readonly token: string | undefined;
    readonly write: boolean;
  }) => Promise<{ readonly user: UserFacts } | "denied" | "forbidden">;
  /**
   * Called once per push that updated a ref; the push has happened and cannot be refused. The text
   * reaches the pusher as it comes, its lines behind `remote:`, and the push waits for its end. It is
   * read to the end also where the pusher is gone.
   */
  readonly onPush: (push: Push) => AsyncIterable<string>;
  /** What went wrong after the pusher could be told. */
  readonly onError: (error: unknown, project: string) => void;
  /** @default 2 GiB */
  readonly maxPushBytes?: number;
};

export type GitHost = {
  /**
   * Answers a request of git's smart HTTP protocol; resolves when the answer is sent and its push
   * handled. Returns false without touching the request if its URL is not git's. The git host streams, so it needs
   * Node's own request and response.
   */
  readonly handle: (req: IncomingMessage, res: ServerResponse) => Promise<boolean>;
};

/** The built-in git host: first push creates the project. Throws where git or the hook cannot be used. */
export async function createGitHost(options: GitHostOptions): Promise<GitHost> {
  const program = await findBackend();
  const hooks = inPackage("local/git-host/hooks");
  for (const hook of ["pre-receive", "post-receive"]) {
    await access(join(hooks, hook), constants.X_OK);
  }
  await mkdir(options.root, { recursive: true, mode: 0o700 });
  const config = repositoryConfig(hooks, options.maxPushBytes ?? 2 * 1024 ** 3);
  return {
    handle: async (req, res) => {
      const request = readGitRequest(req);
      if (request === undefined) return false;
      if (request === "unusable") refuse(res, 404, "There is no such project here.");
      else await serve(options, { program, config }, request, req, res);
      return true;
    },
  };
}

async function findBackend(): Promise<string> {
  try {
    const { stdout } = await runGit(["--exec-path"], { directory: "/", env: closedGit() });
    const program = join(stdout.toString().trim(), "git-http-backend");
    await access(program, constants.X_OK);
    return program;
  } catch (cause) {
    throw new Error("The git host needs git with its http-backend; install the package git.", {
      cause,
    });
  }
}

function repositoryConfig(hooks: string, maxPushBytes: number): readonly GitSetting[] {
  return [
    ["core.hooksPath", hooks],
    ["http.getanyfile", "false"],
    ["receive.advertisePushOptions", "true"],
    ["receive.maxInputSize", String(maxPushBytes)],
    ["receive.fsckObjects", "true"],
    // Harmless faults that old histories are full of; GitLab lets them pass as well.
    ["receive.fsck.badTimezone", "ignore"],
    ["receive.fsck.missingSpaceBeforeDate", "ignore"],
    ["receive.fsck.zeroPaddedFilemode", "ignore"],
    // `refs/replace/` would have git show other objects than the names say, and nothing is built from any other ref.
    ["transfer.hideRefs", "refs"],
    ["transfer.hideRefs", "!refs/heads"],
    ["transfer.hideRefs", "!refs/tags"],
    // A job's commit may be off every branch by the time it is cloned.
    ["uploadpack.allowAnySHA1InWant", "true"],
    ["uploadpack.allowFilter", "true"],
    // All repositories under the root were made by us, whoever owns the directory now.
    ["safe.directory", "*"],
  ];
}

type Installation = { readonly program: string; readonly config: readonly GitSetting[] };

async function serve(
  options: GitHostOptions,
  installation: Installation,
  request: GitRequest,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { project, service } = request;
  const directory = repositoryDirectory(options.root, project);
  if (directory === undefined) return refuse(res, 404, "There is no such project here.");
  const write = service === "git-receive-pack";
  const allowed = await options.authorize({ project, token: readBasicToken(req), write });
  if (allowed === "denied") return refuse(res, 401, "A valid access token is needed as password.");
  if (allowed === "forbidden")
    return refuse(res, 403, `This token may not ${write ? "push to" : "read"} ${project}.`);
  if (!repositoryExists(directory)) {
    if (!write || request.step !== "advertise")
      return refuse(
        res,
        404,
        `There is no project ${project} here yet; the first push creates it.`,
      );
    const clash = await imageNameClash(options.root, project);
    if (clash !== undefined) return refuse(res, 403, clash);
    await createRepository(options.root, directory);
  }
  const exchanged = { ...request, ...installation, directory, root: options.root };
  const onPush = (report: PushReport, signal: AbortSignal) =>
    options.onPush({ ...report, project, user: allowed.user, signal });
  const onError = (error: unknown) => options.onError(error, project);
  await exchange({ ...exchanged, user: allowed.user.login || "git", onPush, onError }, req, res);
}

function refuse(res: ServerResponse, status: 401 | 403 | 404, message: string): void {
  res.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    ...(status === 401 ? { "www-authenticate": 'Basic realm="Slipway", charset="UTF-8"' } : {}),
  });
  res.end(`${message}\n`);
}
