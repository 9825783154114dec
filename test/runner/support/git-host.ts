import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export type GitHost = {
  /** With credentials. */
  readonly repoUrl: string;
  readonly password: string;
  readonly sha: string;
  /** Commits files and gives the commit's id. */
  readonly commit: (files: Readonly<Record<string, string>>, message?: string) => string;
  readonly addSubmodule: (path: string) => string;
  readonly close: () => Promise<void>;
};

const PASSWORD = "job-token-of-the-git-host";
const IDENTITY = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];

/** A repository behind git's own HTTP backend that lets nobody in without the password. */
export async function startGitHost(
  files: Readonly<Record<string, string>>,
  address = "127.0.0.1",
): Promise<GitHost> {
  const root = mkdtempSync(join(tmpdir(), "slipway-git-"));
  const work = join(root, "work");
  const bare = join(root, "repo.git");
  const git = (directory: string, ...args: string[]) =>
    execFileSync("git", [...IDENTITY, ...args], { cwd: directory, encoding: "utf8" }).trim();
  mkdirSync(work);
  git(root, "init", "--quiet", "--bare", "--initial-branch=main", bare);
  git(root, "init", "--quiet", "--bare", "--initial-branch=main", join(root, "library.git"));
  git(work, "init", "--quiet", "--initial-branch=main");
  git(work, "remote", "add", "origin", bare);

  const commit: GitHost["commit"] = (changes, message = "change") => {
    for (const [path, content] of Object.entries(changes)) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), content, { mode: path.endsWith(".sh") ? 0o755 : 0o644 });
    }
    git(work, "add", "--all");
    git(work, "commit", "--quiet", "--message", message);
    git(work, "push", "--quiet", "origin", "main");
    return git(work, "rev-parse", "HEAD");
  };
  const sha = commit(files);

  const server = createServer((request, response) => {
    const expected = `Basic ${Buffer.from(`ci:${PASSWORD}`).toString("base64")}`;
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { "www-authenticate": "Basic" }).end();
      return;
    }
    const [path = "", query = ""] = (request.url ?? "").split("?");
    const backend = spawn("git", ["http-backend"], {
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: path,
        QUERY_STRING: query,
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
        REMOTE_USER: "ci",
      },
    });
    request.pipe(backend.stdin);
    const chunks: Buffer[] = [];
    backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    backend.on("close", () => {
      const output = Buffer.concat(chunks);
      const split = output.indexOf("\r\n\r\n");
      for (const line of output.subarray(0, split).toString().split("\r\n")) {
        const [name = "", value = ""] = line.split(": ");
        if (name === "Status") response.statusCode = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.end(output.subarray(split + 4));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;

  return {
    repoUrl: `http://ci:${PASSWORD}@${address}:${port}/repo.git`,
    password: PASSWORD,
    sha,
    commit,
    addSubmodule: (path) => {
      const library = join(root, "library");
      git(root, "clone", "--quiet", join(root, "library.git"), library);
      writeFileSync(join(library, "from-library.txt"), "library\n");
      git(library, "add", "--all");
      git(library, "commit", "--quiet", "--message", "library");
      git(library, "push", "--quiet", "origin", "HEAD:main");
      git(
        work,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        join(root, "library.git"),
        path,
      );
      git(work, "config", "--file", ".gitmodules", `submodule.${path}.url`, "../library.git");
      return commit({}, "submodule");
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(root, { recursive: true, force: true });
    },
  };
}
