import { existsSync } from "node:fs";
import { lstat, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JobPaths } from "../executor/variables.ts";
import type { SourcesRequest } from "../executor/workspace.ts";
import { JobFailure, messageOf } from "../job-failure.ts";
import { sleep } from "../retry.ts";
import type { Log } from "../trace/trace.ts";
import { type GitRemote, gitEnvironment, gitRemote, runGit } from "./git.ts";
import { checkoutCommands, submoduleCommands } from "./git-commands.ts";
import { emptyDirectory, makeProjectDirectory } from "./project-directory.ts";

/**
 * Brings the project directory to the job's commit. An earlier checkout is used again if it is whole; its
 * configuration and hooks are not, since an earlier script could have written them.
 */
export async function checkOut(
  paths: JobPaths,
  request: SourcesRequest,
  log: Log,
  stop: AbortSignal,
): Promise<void> {
  const { options } = request;
  const directory = paths.project;
  // A hook may have put something else in its place.
  await makeProjectDirectory(paths);
  switch (options.strategy) {
    case "none":
      log.line("Skipping Git repository setup");
      return;
    case "empty":
      log.line("Skipping Git repository setup and creating an empty build directory");
      return emptyDirectory(directory);
    case "clone":
    case "fetch":
  }
  for (let attempt = 1; ; attempt++) {
    const problem = await attemptCheckout(directory, request, log, stop);
    if (problem === undefined) return;
    stop.throwIfAborted();
    if (attempt >= options.attempts) throw problem;
    log.warning(`${problem.message} Trying again.`);
    await emptyDirectory(directory);
    await sleep(1_000, stop);
  }
}

async function attemptCheckout(
  directory: string,
  request: SourcesRequest,
  log: Log,
  stop: AbortSignal,
): Promise<JobFailure | undefined> {
  const { sha, ref, options } = request;
  const remote = gitRemote(request.repoUrl);
  const { credentials } = remote;
  const env = gitEnvironment(process.env, credentials?.origin, request.variables);
  const git = (args: readonly string[]) =>
    runGit(args, { directory, env, stop, onOutput: log.output, credentials });
  const reused = options.strategy === "fetch" && (await isWholeCheckout(join(directory, ".git")));
  log.line(
    options.depth > 0
      ? `Fetching changes with git depth set to ${options.depth}...`
      : "Fetching changes...",
  );
  if (reused) await distrust(join(directory, ".git"));
  else await emptyDirectory(directory);
  const shallow = existsSync(join(directory, ".git/shallow"));
  for (const command of checkoutCommands(request, remote.url, { reused, shallow })) {
    const failed = await failureOf(git(command), remote, command[0]);
    if (failed !== undefined) return failed;
    if (command[0] === "fetch" && options.checkout) {
      log.line(`Checking out ${sha.slice(0, 8)} as detached HEAD (ref is ${ref})...`);
    }
  }
  if (!options.checkout) return undefined;
  return updateSubmodules(directory, request, remote, git, log);
}

type Git = (args: readonly string[]) => ReturnType<typeof runGit>;

async function updateSubmodules(
  directory: string,
  request: SourcesRequest,
  remote: GitRemote,
  git: Git,
  log: Log,
): Promise<JobFailure | undefined> {
  const { submodules } = request.options;
  if (submodules === "none" || !existsSync(join(directory, ".gitmodules"))) return undefined;
  log.line(
    `Updating/initializing submodules${submodules === "recursive" ? " recursively" : ""}...`,
  );
  for (const command of submoduleCommands(request)) {
    const failed = await failureOf(git(command), remote, "submodule");
    if (failed !== undefined) return failed;
  }
  return undefined;
}

async function failureOf(
  run: ReturnType<typeof runGit>,
  remote: GitRemote,
  verb: string,
): Promise<JobFailure | undefined> {
  try {
    const { code, errors } = await run;
    if (code === 0) return undefined;
    const last = errors.trim().split("\n").at(-1) ?? "";
    return new JobFailure(
      "runner_system_failure",
      `git ${verb} from ${remote.url} failed with exit code ${code}${last === "" ? "" : `: ${last}`}.`,
    );
  } catch (error) {
    const message = messageOf(error);
    return new JobFailure(
      "runner_system_failure",
      message.includes("ENOENT")
        ? "git is not installed in this environment: the sources cannot be fetched."
        : `git ${verb} could not run: ${message}`,
      { cause: error },
    );
  }
}

/** Submodules keep configurations of their own: a checkout with any is made anew. */
async function isWholeCheckout(gitDirectory: string): Promise<boolean> {
  const entry = await lstat(gitDirectory).catch(() => undefined);
  if (entry?.isDirectory() !== true) return false;
  return !existsSync(join(gitDirectory, "modules")) && existsSync(join(gitDirectory, "HEAD"));
}

/** Takes out of an earlier checkout what could run code in this one, and locks that a killed git left. */
async function distrust(gitDirectory: string): Promise<void> {
  const lenders = ["objects/info/alternates", "objects/info/http-alternates"];
  const harmful = ["config", "config.worktree", "hooks", "info", "commondir", ...lenders];
  const locks = ["config.lock", "index.lock", "shallow.lock", "HEAD.lock"];
  await Promise.all(
    [...harmful, ...locks].map((name) =>
      rm(join(gitDirectory, name), { recursive: true, force: true }),
    ),
  );
  await writeFile(
    join(gitDirectory, "config"),
    "[core]\n\trepositoryformatversion = 0\n\tbare = false\n",
  );
}
