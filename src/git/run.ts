import { spawn } from "node:child_process";

export type GitCall = {
  readonly directory: string;
  /** Of `closedGit` or `usersGit`. */
  readonly env: Readonly<Record<string, string>>;
  /** Fed to standard input: names that are data must come this way, or behind `--end-of-options`. */
  readonly input?: string;
  /** Git is stopped when it prints more. @default no limit */
  readonly maxBytes?: number;
  /** @default no limit */
  readonly timeoutSeconds?: number;
};

export type GitResult = {
  /** Null where git was stopped: by a signal, or because it printed too much. */
  readonly code: number | null;
  readonly stdout: Buffer;
  /** The beginning, for messages. */
  readonly stderr: string;
  readonly truncated: boolean;
};

/** Git could not be run, or did not end in time; the message goes behind the command's name. */
export class GitFailure extends Error {
  override readonly name = "GitFailure";
}

const MAX_STDERR_CHARACTERS = 64 * 1024;

/** Runs git to its end; any exit code is a result. Rejects with `GitFailure`. */
export function runGit(args: readonly string[], call: GitCall): Promise<GitResult> {
  const { input = "", maxBytes = Number.POSITIVE_INFINITY, timeoutSeconds } = call;
  const child = spawn("git", [...args], {
    cwd: call.directory,
    env: call.env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let truncated = false;
    let stderr = "";
    const timer =
      timeoutSeconds === undefined
        ? undefined
        : setTimeout(() => {
            reject(new GitFailure(`took longer than ${timeoutSeconds} s`));
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
      if (stderr.length < MAX_STDERR_CHARACTERS) stderr += chunk.toString("utf8");
    });
    child.on("error", (cause) => {
      clearTimeout(timer);
      reject(new GitFailure("could not be run; is git installed?", { cause }));
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
