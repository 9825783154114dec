import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { ForgeError } from "../forge.ts";

export type GitResult = {
  /** Null where git was stopped because it printed too much. */
  readonly code: number | null;
  readonly stdout: Buffer;
  /** The beginning, for messages. */
  readonly stderr: string;
  readonly truncated: boolean;
};

export type GitCommand = {
  /** Fed to standard input: names that are data must come this way, or behind `--end-of-options`. */
  readonly input?: string;
  readonly maxBytes?: number;
  readonly timeoutSeconds?: number;
};

/**
 * The environment of every git process: nothing is inherited but the search path, so that neither
 * the user's settings nor a surrounding `GIT_DIR` reach a repository of the git host.
 */
export function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: "/nonexistent",
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
  };
}

/**
 * Runs git in a bare repository and resolves with whatever it said; any exit code is a result.
 * Throws `ForgeError` where git cannot be run, takes too long or the repository is not there.
 */
export async function runGit(
  directory: string,
  args: readonly string[],
  command: GitCommand = {},
): Promise<GitResult> {
  const { input = "", maxBytes = 16 * 1024 * 1024, timeoutSeconds = 30 } = command;
  if (!existsSync(directory))
    throw new ForgeError(`There is no git repository at ${directory}.`, { retryable: false });
  const child = spawn("git", args, {
    cwd: directory,
    env: { ...gitEnvironment(), GIT_DIR: directory },
    stdio: ["pipe", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let truncated = false;
    let stderr = "";
    const timer = setTimeout(() => {
      reject(failure(args, `took longer than ${timeoutSeconds} s`));
      child.kill("SIGKILL");
    }, timeoutSeconds * 1000);
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      truncated = true;
      child.kill("SIGKILL");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (stderr.length < 2000) stderr += chunk.toString("utf8");
    });
    child.on("error", (cause) => {
      clearTimeout(timer);
      reject(failure(args, "could not be run; is git installed?", cause));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout: Buffer.concat(chunks), stderr: stderr.trim(), truncated });
    });
    // A child that ends before it has read everything breaks the pipe; its exit code tells more.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** As `runGit`, where any other end than success, within the limit on output, is a `ForgeError`. */
export async function readGit(
  directory: string,
  args: readonly string[],
  command: GitCommand = {},
): Promise<Buffer> {
  const result = await runGit(directory, args, command);
  if (result.truncated) throw failure(args, "printed more than this service reads");
  if (result.code !== 0)
    throw failure(args, `ended with ${result.code}: ${result.stderr.split("\n")[0] ?? ""}`);
  return result.stdout;
}

function failure(args: readonly string[], what: string, cause?: unknown): ForgeError {
  return new ForgeError(`git ${args[0]} ${what}`, { retryable: true, cause });
}
