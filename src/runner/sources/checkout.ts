import { existsSync } from "node:fs";
import { lstat, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ResolvedVariables } from "../executor/variables.ts";
import { JobFailure, messageOf } from "../job-failure.ts";
import type { JobResponse } from "../protocol.ts";
import { sleep } from "../retry.ts";
import type { Log } from "../trace/trace.ts";
import { type GitRemote, gitEnvironment, gitRemote, runGit } from "./git.ts";
import { gitFlags, gitNumber, submodulePaths } from "./git-flags.ts";

/** How sources are fetched. GitLab Docs: "Configuring runners", git strategy and its relatives. */
export type CheckoutOptions = {
  readonly strategy: "fetch" | "clone" | "none" | "empty";
  readonly checkout: boolean;
  readonly cleanFlags: readonly string[] | undefined;
  readonly fetchFlags: readonly string[];
  readonly submodules: "none" | "normal" | "recursive";
  readonly submoduleFlags: readonly string[];
  readonly submoduleDepth: number;
  readonly submodulePaths: readonly string[];
  readonly attempts: number;
  readonly depth: number;
};

const SHA = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** Throws `JobFailure` for a value that GitLab does not know either, and for flags that are not allowed. */
export function checkoutOptions(
  job: Pick<JobResponse, "git_info" | "allow_git_fetch">,
  get: ResolvedVariables["get"],
): CheckoutOptions {
  const { depth } = job.git_info;
  const strategy = get("GIT_STRATEGY") || (job.allow_git_fetch ? "fetch" : "clone");
  const submodules = get("GIT_SUBMODULE_STRATEGY") || "none";
  const clean = get("GIT_CLEAN_FLAGS") || "-ffdx";
  const attempts = gitNumber("GET_SOURCES_ATTEMPTS", get("GET_SOURCES_ATTEMPTS"), 1);
  const cloneFlags = gitFlags("GIT_CLONE_EXTRA_FLAGS", get("GIT_CLONE_EXTRA_FLAGS") ?? "");
  const ofFetch = cloneFlags.filter((flag) => !flag.endsWith("single-branch"));
  return {
    strategy: oneOf("GIT_STRATEGY", strategy, ["fetch", "clone", "none", "empty"]),
    checkout: get("GIT_CHECKOUT") !== "false",
    cleanFlags: clean === "none" ? undefined : gitFlags("GIT_CLEAN_FLAGS", clean),
    fetchFlags: [
      ...gitFlags("GIT_FETCH_EXTRA_FLAGS", get("GIT_FETCH_EXTRA_FLAGS") || "--prune --quiet"),
      // One branch is all that is fetched in any case.
      ...(strategy === "clone" ? ofFetch : []),
    ],
    submodules: oneOf("GIT_SUBMODULE_STRATEGY", submodules, ["none", "normal", "recursive"]),
    submoduleFlags: gitFlags("GIT_SUBMODULE_UPDATE_FLAGS", get("GIT_SUBMODULE_UPDATE_FLAGS") ?? ""),
    submoduleDepth: gitNumber("GIT_SUBMODULE_DEPTH", get("GIT_SUBMODULE_DEPTH"), depth),
    submodulePaths: submodulePaths(get("GIT_SUBMODULE_PATHS") ?? ""),
    attempts: Math.min(Math.max(attempts, 1), 10),
    depth: Number.isSafeInteger(depth) && depth > 0 ? depth : 0,
  };
}

function oneOf<T extends string>(name: string, value: string, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new JobFailure(
    "script_failure",
    `${name} is ${JSON.stringify(value)}: it must be one of ${known.join(", ")}.`,
  );
}

/**
 * Brings the project directory to the job's commit. An earlier checkout is used again if it is whole; its
 * configuration and hooks are not, since an earlier script could have written them.
 */
export async function checkOut(
  job: JobResponse,
  directory: string,
  variables: ResolvedVariables,
  log: Log,
  stop: AbortSignal,
): Promise<void> {
  const options = checkoutOptions(job, variables.get);
  await mkdir(directory, { recursive: true });
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
    const problem = await attemptCheckout(job, directory, variables, options, log, stop);
    if (problem === undefined) return;
    stop.throwIfAborted();
    if (attempt >= options.attempts) throw problem;
    log.warning(`${problem.message} Trying again.`);
    await emptyDirectory(directory);
    await sleep(1_000, stop);
  }
}

async function attemptCheckout(
  job: JobResponse,
  directory: string,
  variables: ResolvedVariables,
  options: CheckoutOptions,
  log: Log,
  stop: AbortSignal,
): Promise<JobFailure | undefined> {
  const { sha, ref, refspecs } = job.git_info;
  if (!SHA.test(sha)) return new JobFailure("runner_system_failure", "The commit id is none.");
  const remote = gitRemote(job.git_info.repo_url);
  const env = gitEnvironment(process.env, remote.credentials, variables.get);
  const git = (args: readonly string[]) =>
    runGit(args, { directory, env, stop, onOutput: log.output });
  const steps: (readonly string[])[] = [];

  const reused = options.strategy === "fetch" && (await isWholeCheckout(join(directory, ".git")));
  log.line(
    options.depth > 0
      ? `Fetching changes with git depth set to ${options.depth}...`
      : "Fetching changes...",
  );
  if (reused) await distrust(join(directory, ".git"));
  else await emptyDirectory(directory);
  steps.push(["init", "--quiet", "--template="]);
  steps.push(["config", "remote.origin.url", remote.url]);
  const depth = options.depth > 0 ? ["--depth", String(options.depth)] : fullHistory(directory);
  const flags = [...options.fetchFlags, ...depth];
  const origin = ["fetch", ...flags, "--end-of-options", "origin", ...refspecs.filter(isRefspec)];
  steps.push(origin);
  if (options.checkout) {
    steps.push(["checkout", "--force", "--quiet", "--detach", sha]);
    if (reused && options.cleanFlags) steps.push(["clean", ...options.cleanFlags]);
  }
  for (const step of steps) {
    const failed = await failureOf(git(step), remote, step[0] ?? "git");
    if (failed !== undefined) return failed;
    if (step === origin && options.checkout) {
      log.line(`Checking out ${sha.slice(0, 8)} as detached HEAD (ref is ${ref})...`);
    }
  }
  if (!options.checkout) return undefined;
  return updateSubmodules(directory, options, remote, git, log);
}

type Git = (args: readonly string[]) => ReturnType<typeof runGit>;

async function updateSubmodules(
  directory: string,
  options: CheckoutOptions,
  remote: GitRemote,
  git: Git,
  log: Log,
): Promise<JobFailure | undefined> {
  if (options.submodules === "none" || !existsSync(join(directory, ".gitmodules")))
    return undefined;
  const recursive = options.submodules === "recursive" ? ["--recursive"] : [];
  const depth = options.submoduleDepth > 0 ? ["--depth", String(options.submoduleDepth)] : [];
  const flags = [...recursive, ...depth, ...options.submoduleFlags];
  const paths = options.submodulePaths.length > 0 ? ["--", ...options.submodulePaths] : [];
  log.line(`Updating/initializing submodules${recursive.length > 0 ? " recursively" : ""}...`);
  const steps = [
    ["submodule", "--quiet", "sync", ...recursive],
    ["submodule", "--quiet", "update", "--init", "--force", ...flags, ...paths],
  ];
  for (const step of steps) {
    const failed = await failureOf(git(step), remote, "submodule");
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

function fullHistory(directory: string): string[] {
  return existsSync(join(directory, ".git/shallow")) ? ["--unshallow"] : [];
}

/** A refspec can be no option of git's. */
function isRefspec(text: string): boolean {
  return text !== "" && !text.startsWith("-");
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

/** Empties instead of removing: a container may already stand in the directory. */
async function emptyDirectory(directory: string): Promise<void> {
  const names = await readdir(directory);
  await Promise.all(
    names.map((name) => rm(join(directory, name), { recursive: true, force: true })),
  );
}
