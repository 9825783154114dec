import { spawn } from "node:child_process";

/** Git said no; the message is its own. */
export class GitProblem extends Error {
  override readonly name = "GitProblem";
}

export type GitRun = {
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
};

/** What git prints, without the end of the last line. Throws `GitProblem` unless git succeeds. */
export async function git(run: GitRun, args: readonly string[]): Promise<string> {
  // A repository may name a program to run as file system monitor: looking at one should run none.
  const child = spawn("git", ["-c", "core.fsmonitor=false", ...args], {
    cwd: run.directory,
    env: { ...process.env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C", ...run.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on("error", () => undefined);
  child.stdin.end(run.input ?? "");
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", (cause) => fail(new GitProblem("git cannot be run.", { cause })));
    child.once("close", done);
  });
  if (code === 0) return Buffer.concat(stdout).toString().trimEnd();
  const said = Buffer.concat(stderr).toString().trim().split("\n").slice(-3).join("\n");
  throw new GitProblem(`git ${args[0]} failed in ${run.directory}: ${said || `exit code ${code}`}`);
}

/** What git prints, or undefined where it fails: for questions that may have no answer. */
export async function askGit(run: GitRun, args: readonly string[]): Promise<string | undefined> {
  return git(run, args).catch(() => undefined);
}
