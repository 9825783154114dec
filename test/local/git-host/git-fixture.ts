import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGitHost, type Push } from "#local/git-host/git-host.ts";

export const user = { id: 7, login: "ann", name: "Ann", email: "ann@example.com" };
export const password = "s3cret";
export const zeros = "0".repeat(40);

const environment = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  LC_ALL: "C",
  GIT_TERMINAL_PROMPT: "0",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ann",
  GIT_AUTHOR_EMAIL: "ann@example.com",
  GIT_COMMITTER_NAME: "Ann",
  GIT_COMMITTER_EMAIL: "ann@example.com",
};

/** Runs a git client and gives back what it printed on both streams. */
export async function git(directory: string, ...args: readonly string[]) {
  return new Promise<{ code: number; text: string; stdout: string }>((resolve) => {
    const options = { cwd: directory, env: environment, maxBuffer: 64 * 1024 * 1024 };
    execFile("git", args, options, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error ? -1 : 0;
      resolve({ code, text: `${stdout}${stderr}`, stdout: stdout.trim() });
    });
  });
}

export function gitSync(directory: string, ...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: directory, env: environment, stdio: "pipe" })
    .toString()
    .trim();
}

export function newWorkTree(directory: string): string {
  const tree = mkdtempSync(join(directory, "tree-"));
  gitSync(tree, "init", "--quiet", "--initial-branch=main");
  return tree;
}

export function commit(tree: string, message: string, ...args: readonly string[]): string {
  gitSync(tree, "commit", "--quiet", "--allow-empty", "-m", message, ...args);
  return gitSync(tree, "rev-parse", "HEAD");
}

export function portOf(server: { address: () => unknown }): number {
  const address = server.address();
  if (typeof address === "object" && address && "port" in address) return Number(address.port);
  throw new Error("The server does not listen.");
}

/** The git host behind a real HTTP server on loopback. `answer` may be replaced by a test. */
export async function startGitHost() {
  const directory = mkdtempSync(join(tmpdir(), "slipway-git-host-"));
  const root = join(directory, "repositories");
  const pushes: Push[] = [];
  const errors: unknown[] = [];
  const state = {
    answer: async function* (_push: Push): AsyncIterable<string> {
      yield "received\n";
    },
  };
  const host = await createGitHost({
    root,
    authorize: async ({ project, token, write }) => {
      if (token === "job-token") return project === "jobs/own" && !write ? { user } : "forbidden";
      return token === password ? { user } : "denied";
    },
    onPush: (push) => {
      pushes.push(push);
      return state.answer(push);
    },
    onError: (error) => errors.push(error),
    maxPushBytes: 8 * 1024 * 1024,
  });
  const server = createServer((req, res) => {
    void host.handle(req, res).then((handled) => {
      if (!handled) res.writeHead(418).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  return {
    handle: host.handle,
    directory,
    root,
    port,
    pushes,
    errors,
    state,
    url: (project: string, token = password) => `http://git:${token}@127.0.0.1:${port}/${project}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
