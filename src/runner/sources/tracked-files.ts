import type { JobContext } from "../executor/executor.ts";
import type { Log } from "../trace/trace.ts";
import { gitEnvironment, runGit } from "./git.ts";

/**
 * The paths that git tracks at the job's commit, where artifacts or a cache ask for `untracked` files.
 * Read before the script runs: afterwards its own settings for git would be obeyed. Undefined where
 * there was no checkout to read it from.
 */
export async function trackedFiles(
  context: JobContext,
  log: Log,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const { job, paths, variables } = context;
  if (![...job.artifacts, ...job.cache].some(({ untracked }) => untracked)) return undefined;
  const strategy = variables.get("GIT_STRATEGY");
  if (strategy === "empty") return new Set();
  if (strategy === "none") {
    log.warning("`untracked` files need a checkout: with GIT_STRATEGY none there are none.");
    return undefined;
  }
  const chunks: Buffer[] = [];
  const { code } = await runGit(
    ["ls-tree", "-r", "-z", "--name-only", "--full-tree", job.git_info.sha],
    {
      directory: paths.projectOutside,
      env: gitEnvironment(process.env, undefined, () => undefined),
      stop: signal,
      onOutput: (bytes) => chunks.push(bytes),
    },
  );
  signal.throwIfAborted();
  if (code !== 0) {
    log.warning("`untracked` files could not be told from tracked ones; they are left out.");
    return undefined;
  }
  return new Set(Buffer.concat(chunks).toString("utf8").split("\0"));
}
